import Docker
import FoundationEssentials
import Logging
import SystemPackage

/// A user's home directory for one test, with a Docker configuration and credential helpers.
struct DockerSetup {
    let home: FilePath

    /// - Parameters:
    ///   - home: an empty directory
    ///   - configuration: the content of `config.json`
    init(home: FilePath, configuration: String) throws {
        self.home = home
        for name in [".docker", "bin"] {
            try FileManager.default.createDirectory(
                atPath: home.appending(name).string,
                withIntermediateDirectories: false
            )
        }
        try Data(configuration.utf8).write(to: URL(filePath: home.appending(".docker/config.json").string))
    }

    /// Puts a helper on `PATH` that ends with status 9 unless it is queried for `key`, and otherwise runs `script`.
    func install(helper: String, for key: String, _ script: String) throws {
        let text = """
            #!/bin/sh
            if [ "$#" -ne 1 ] || [ "$1" != get ]; then echo "given the arguments $*" >&2; exit 9; fi
            # The full stop keeps the shell from dropping the end of a line.
            given=$(cat; printf .)
            if [ "$given" != '\(key).' ]; then echo "given on standard input: $given" >&2; exit 9; fi
            \(script)
            """
        let file = home.appending("bin/docker-credential-\(helper)").string
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }

    /// - Parameters:
    ///   - variable: the value of `DOCKER_AUTH_CONFIG`
    ///   - timeLimit: much longer than any responsive helper takes on a busy machine
    func credentials(variable: String? = nil, timeLimit: Duration = .seconds(120)) throws -> DockerCredentials {
        var environment = ["PATH": "\(home)/bin:/usr/bin:/bin"]
        environment["DOCKER_AUTH_CONFIG"] = variable
        return try DockerCredentials(
            environment: environment,
            home: home,
            helperTimeLimit: timeLimit,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}

/// The value that Docker writes as `auth`.
func auth(_ userAndPassword: String) -> String {
    Data(userAndPassword.utf8).base64EncodedString()
}
