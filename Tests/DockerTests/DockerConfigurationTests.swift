import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Docker

@Suite struct DockerConfigurationTests {
    @Test(
        arguments: [
            ([:], nil, nil),
            ([:], "/home/user", "/home/user/.docker"),
            (["DOCKER_CONFIG": ""], "/home/user", "/home/user/.docker"),
            (["DOCKER_CONFIG": "/etc/docker-client"], "/home/user", "/etc/docker-client"),
            (["DOCKER_CONFIG": "/etc/docker-client"], nil, "/etc/docker-client"),
        ] as [([String: String], FilePath?, FilePath?)]
    )
    func theDirectoryIsThatOfTheVariableOrOfTheHome(
        environment: [String: String],
        home: FilePath?,
        expected: FilePath?
    ) {
        #expect(DockerConfiguration.directory(environment: environment, home: home) == expected)
    }

    @Test func everyFieldIsRead() throws {
        let json = """
            {
              "auths": {"host.example": {}},
              "credHelpers": {"other.example": "gcloud"},
              "credsStore": "pass",
              "currentContext": "remote",
              "cliPluginsExtraDirs": ["/opt/plugins"],
              "proxies": {"default": {"httpProxy": "http://proxy.example:3128"}}
            }
            """
        var expected = DockerConfiguration()
        expected.entries = ["host.example": .empty]
        expected.helpers = ["other.example": "gcloud"]
        expected.store = "pass"
        expected.currentContext = "remote"
        expected.extraPluginDirectories = ["/opt/plugins"]
        var read = try DockerConfiguration(json: Data(json.utf8), source: "test")
        #expect(!read.proxies.isEmpty)
        // Another test covers the proxies.
        read.proxies = [:]
        #expect(read == expected)
    }

    @Test(arguments: [
        #"{"auths": []}"#, #"{"currentContext": 3}"#, #"{"credsStore": {}}"#, #"{"credHelpers": "gcloud"}"#,
        #"{"cliPluginsExtraDirs": "/opt/plugins"}"#, #"{"auths": null, "credsStore": null}"#, "{}", "",
    ])
    func whatIsOfAnotherTypeCountsAsAbsent(json: String) throws {
        #expect(try DockerConfiguration(json: Data(json.utf8), source: "test") == DockerConfiguration())
    }

    @Test func withoutAFileNothingIsConfigured() throws {
        try withTemporaryDirectory { directory in
            for place in [directory, directory.appending("missing")] {
                let configuration = try DockerConfiguration(in: place)
                #expect(configuration == DockerConfiguration())
            }
        }
    }

    @Test(arguments: ["{", "[]", "null", "hunter2", #"{"auths": {"host.example": {"auth": hunter2}}}"#])
    func aFileThatIsNotJSONIsNamedAndNotQuoted(text: String) throws {
        try withTemporaryDirectory { directory in
            let file = directory.appending("config.json").string
            try Data(text.utf8).write(to: URL(filePath: file))
            let error = #expect(throws: CredentialError.malformedConfiguration(source: file)) {
                try DockerConfiguration(in: directory)
            }
            #expect(
                error?.description == "\(file) is not the JSON that Docker writes. Correct it, or remove it and "
                    + "log in again with `docker login`."
            )
        }
    }

    /// Uses a directory instead of a file, because tests may run as root, which can read every file.
    @Test func aFileThatCannotBeReadIsNamed() throws {
        try withTemporaryDirectory { directory in
            let file = directory.appending("config.json").string
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
            let error = #expect(throws: CredentialError.self) { try DockerConfiguration(in: directory) }
            #expect(
                error?.description == "Docker's configuration \(file) could not be read: Is a directory. "
                    + "Let this user read it, or set DOCKER_CONFIG to another directory."
            )
        }
    }

    @Test(
        arguments: [
            (nil, ["HTTP_PROXY=http://p:1", "http_proxy=http://p:1", "NO_PROXY=local", "no_proxy=local"]),
            ("tcp://other:2375", ["HTTPS_PROXY=http://q:2", "https_proxy=http://q:2"]),
            (
                "unix:///run/docker.sock",
                ["HTTP_PROXY=http://p:1", "http_proxy=http://p:1", "NO_PROXY=local", "no_proxy=local"]
            ),
        ] as [(String?, [String])]
    )
    func proxiesAreHandedOnInCapitalsAndSmallLetters(host: String?, expected: [String]) throws {
        let json = """
            {"proxies": {"default": {"httpProxy": "http://p:1", "noProxy": "local", "ftpProxy": ""},
            "tcp://other:2375": {"httpsProxy": "http://q:2"}}}
            """
        let configuration = try DockerConfiguration(json: Data(json.utf8), source: "test")
        #expect(configuration.proxies(host: host).map { "\($0.name)=\($0.value)" } == expected)
        #expect(DockerConfiguration().proxies(host: host).isEmpty)
    }
}
