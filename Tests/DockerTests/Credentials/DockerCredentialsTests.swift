import Images
import Docker
import TestSupport
import Testing

@Suite struct DockerCredentialsTests {
    static let login = RegistryCredential.password(username: "user", password: "hunter2")

    @Test(
        arguments: [
            // The ways to write a registry's name.
            (#"{"host.example": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", login),
            (#"{"host.example:5000": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example:5000", login),
            (#"{"https://host.example": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", login),
            (#"{"http://host.example": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", login),
            (#"{"https://host.example/v1/": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", login),
            (#"{"host.example:5000": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", nil),
            (#"{"host.example": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example:5000", nil),
            (#"{"host.example": {"auth": "\#(auth("user:hunter2"))"}}"#, "example", nil),
            ("{}", "host.example", nil),
            // Docker Hub.
            (#"{"https://index.docker.io/v1/": {"auth": "\#(auth("user:hunter2"))"}}"#, "docker.io", login),
            (#"{"https://index.docker.io/v1/": {"auth": "\#(auth("user:hunter2"))"}}"#, "registry-1.docker.io", login),
            (
                #"{"https://index.docker.io/v1/": {"auth": "\#(auth("user:hunter2"))"}}"#,
                "https://index.docker.io/v1/", login
            ),
            (#"{"https://index.docker.io/v1/": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", nil),
            // The spelling that `docker login` uses takes precedence.
            (
                #"{"https://host.example": {"auth": "\#(auth("a:b"))"}, "#
                    + #""host.example": {"auth": "\#(auth("user:hunter2"))"}}"#,
                "host.example", login
            ),
            (
                #"{"host.example": {}, "https://host.example": {"auth": "\#(auth("user:hunter2"))"}}"#,
                "host.example", nil
            ),
            // The forms of an entry.
            (
                #"{"host.example": {"auth": "\#(auth("user:a:b:"))"}}"#, "host.example",
                .password(username: "user", password: "a:b:")
            ),
            (
                #"{"host.example": {"auth": "\#(auth("user:"))"}}"#, "host.example",
                .password(username: "user", password: "")
            ),
            (#"{"host.example": {"auth": "\#(auth("user:hunter2\0\0"))"}}"#, "host.example", login),
            (#"{"host.example": {"username": "user", "password": "hunter2"}}"#, "host.example", login),
            (
                #"{"host.example": {"auth": "\#(auth("user:hunter2"))", "username": "a", "password": "b"}}"#,
                "host.example", login
            ),
            (
                #"{"host.example": {"auth": "\#(auth("user:"))", "identitytoken": "hunter2"}}"#, "host.example",
                .identityToken("hunter2")
            ),
            (
                #"{"host.example": {"auth": "\#(auth("user:hunter2"))", "identitytoken": ""}}"#, "host.example", login
            ),
            (#"{"host.example": {}}"#, "host.example", nil),
            (#"{"host.example": null}"#, "host.example", nil),
            (#"{"other.example": 3, "host.example": {"auth": "\#(auth("user:hunter2"))"}}"#, "host.example", login),
            (
                #"{"other.example": {"auth": "?"}, "host.example": {"auth": "\#(auth("user:hunter2"))"}}"#,
                "host.example", login
            ),
        ] as [(String, String, RegistryCredential?)]
    )
    func anEntryIsFoundAsDockerFindsIt(auths: String, host: String, expected: RegistryCredential?) async throws {
        try await withTemporaryDirectory { home in
            let file = try DockerSetup(home: home, configuration: #"{"auths": \#(auths)}"#).credentials()
            #expect(try await file.credential(for: host) == expected)
            #expect(file.hasEntry(for: host) == (expected != nil))
        }
        try await withTemporaryDirectory { home in
            let variable = try DockerSetup(home: home, configuration: "{}")
                .credentials(variable: #"{"auths": \#(auths)}"#)
            #expect(try await variable.credential(for: host) == expected)
            #expect(variable.hasEntry(for: host) == (expected != nil))
        }
    }

    @Test(arguments: ["?", auth("hunter2"), auth(":hunter2"), "/w=="])
    func anEntryThatIsNotUserAndPasswordIsAnError(text: String) async throws {
        try await withTemporaryDirectory { home in
            let configuration = #"{"auths": {"https://host.example/v1/": {"auth": "\#(text)"}}}"#
            let credentials = try DockerSetup(home: home, configuration: configuration).credentials()
            let error = await #expect(throws: CredentialError.self) {
                try await credentials.credential(for: "host.example")
            }
            #expect(
                error?.description == "The credentials for host.example in \(home)/.docker/config.json cannot be "
                    + "understood: \"auth\" must be user:password in base 64. Log in again with "
                    + "`docker login host.example`."
            )
            #expect(credentials.hasEntry(for: "host.example"))
        }
    }

    @Test func theVariableBeatsTheFile() async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(
                home: home,
                configuration: #"{"auths": {"other.example": {"auth": "\#(auth("a:b"))"}}, "credsStore": "missing"}"#
            )
            let variable = #"{"auths": {"host.example": {"auth": "\#(auth("user:hunter2"))"}}}"#
            #expect(try await setup.credentials(variable: variable).credential(for: "host.example") == Self.login)
        }
    }

    @Test(arguments: [nil, "", "{}", #"{"auths": {"other.example": {"auth": "\#(auth("a:b"))"}}}"#])
    func whatTheVariableDoesNotSayTheFileSays(variable: String?) async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(
                home: home,
                configuration: #"{"auths": {"host.example": {"auth": "\#(auth("user:hunter2"))"}}}"#
            )
            #expect(try await setup.credentials(variable: variable).credential(for: "host.example") == Self.login)
        }
    }

    @Test func aVariableThatIsNotJSONIsNamedAndNotQuoted() throws {
        try withTemporaryDirectory { home in
            let setup = try DockerSetup(home: home, configuration: "{}")
            let error = #expect(throws: CredentialError.self) { try setup.credentials(variable: "hunter2") }
            #expect(error?.description.hasPrefix("DOCKER_AUTH_CONFIG is not the JSON that Docker writes.") == true)
            #expect(error?.description.contains("hunter2") == false)
        }
    }

    @Test(arguments: [
        (#"{"credsStore": "test"}"#, true),
        (#"{"credHelpers": {"host.example": "test"}}"#, true),
        (#"{"credHelpers": {"other.example": "test"}}"#, false),
        (#"{"credHelpers": {"https://host.example": "test"}}"#, false),
        (#"{"credHelpers": {"host.example": ""}, "credsStore": "test"}"#, false),
        (#"{"credsStore": ""}"#, false),
    ])
    func aHelperThatIsConfiguredCountsAsAnEntryAndIsNotRun(configuration: String, expected: Bool) throws {
        try withTemporaryDirectory { home in
            let credentials = try DockerSetup(home: home, configuration: configuration).credentials()
            #expect(credentials.hasEntry(for: "host.example") == expected)
        }
    }
}
