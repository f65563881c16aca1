import CLibrary
import Processes
package import SystemPackage

extension DockerClient {
    /// The docker executable with links resolved, and a string that changes when the file is replaced. Facts about the
    /// executable remain valid as long as both are the same. Nil if the file no longer exists.
    package var executableIdentity: (path: FilePath, state: String)? {
        guard let resolved = executable.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        var information = stat()
        guard stat(resolved, &information) == 0 else { return nil }
        let (modified, changed) = (information.st_mtim, information.st_ctim)
        let state = [
            Int64(information.st_dev), Int64(bitPattern: UInt64(information.st_ino)), Int64(information.st_size),
            Int64(modified.tv_sec), Int64(modified.tv_nsec), Int64(changed.tv_sec), Int64(changed.tv_nsec),
        ]
        return (FilePath(platformString: resolved), state.map { "\($0)" }.joined(separator: " "))
    }

    /// The client's major version, such as 20 or 28. Runs one process. Does not contact the daemon.
    package func clientMajor() async throws(DockerError) -> Int {
        let arguments = ["--version"]
        let answer = try await capture(arguments)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        let digits = answer.output.drop { !$0.isNumber }.prefix { $0.isNumber }
        guard let major = Int(digits) else {
            throw .unexpectedAnswer(command: "docker --version", message: answer.output.trimmingWhitespace())
        }
        return major
    }

    /// The buildx plugin, if it is in a directory where the docker command looks for plugins. Runs no process: docker
    /// is queried only for the build itself.
    ///
    /// - Parameter home: the user's home directory
    package func buildxPlugin(home: FilePath?) -> FilePath? {
        let system: [FilePath] = [
            "/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins",
            "/usr/libexec/docker/cli-plugins",
        ]
        var own: [FilePath] = []
        if let directory = DockerConfiguration.directory(environment: environment, home: home) {
            own.append(directory.appending("cli-plugins"))
            // docker itself reports a file that cannot be read.
            own += (try? DockerConfiguration(in: directory))?.extraPluginDirectories ?? []
        }
        return (own + system).map { $0.appending("docker-buildx") }.first { access($0.string, X_OK) == 0 }
    }

    /// The builder that a build by this client would use, as far as it can be determined without running docker.
    package func expectedBuilder(clientMajor: Int, home: FilePath?) -> Builder {
        Builder.choose(
            clientMajor: clientMajor,
            hasBuildx: buildxPlugin(home: home) != nil,
            dockerBuildKit: environment["DOCKER_BUILDKIT"]
        )
    }
}
