import Images
import Docker
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@Suite struct CredentialHelperTests {
    static let login = RegistryCredential.password(username: "user", password: "hunter2")
    static let answer = #"echo '{"ServerURL": "host.example", "Username": "user", "Secret": "hunter2"}'"#

    /// Queries the helper `test`, which is configured for host.example.
    static func ask(_ script: String, timeLimit: Duration = .seconds(120)) async throws -> RegistryCredential? {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(home: home, configuration: #"{"credHelpers": {"host.example": "test"}}"#)
            try setup.install(helper: "test", for: "host.example", script)
            return try await setup.credentials(timeLimit: timeLimit).credential(for: "host.example")
        }
    }

    @Test(
        arguments: [
            (answer, login),
            (#"echo '{"Username": "user", "Secret": "hunter2"}'; echo "a warning" >&2"#, login),
            (#"echo '{"Username": "<token>", "Secret": "hunter2"}'"#, .identityToken("hunter2")),
            (#"echo '{"ServerURL": "host.example", "Username": "", "Secret": ""}'"#, nil),
            ("echo 'credentials not found in native keychain'; exit 1", nil),
            ("printf 'credentials not found in native keychain'; echo why >&2; exit 1", nil),
        ] as [(String, RegistryCredential?)]
    )
    func theAnswerOfAHelperIsUnderstood(script: String, expected: RegistryCredential?) async throws {
        #expect(try await Self.ask(script) == expected)
    }

    @Test(arguments: [
        (#"{"credHelpers": {"host.example": "test"}, "credsStore": "other"}"#, "host.example", "host.example"),
        (#"{"credHelpers": {"other.example": "other"}, "credsStore": "test"}"#, "host.example", "host.example"),
        (#"{"credsStore": "test"}"#, "host.example:5000", "host.example:5000"),
        (#"{"credsStore": "test"}"#, "docker.io", "https://index.docker.io/v1/"),
        (
            #"{"credHelpers": {"https://index.docker.io/v1/": "test"}, "credsStore": "other"}"#, "docker.io",
            "https://index.docker.io/v1/"
        ),
        (
            #"{"credsStore": "test", "auths": {"host.example": {"auth": "\#(auth("a:b"))"}}}"#, "host.example",
            "host.example"
        ),
    ])
    func theHelperThatDockerWouldAskIsAsked(configuration: String, host: String, key: String) async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(home: home, configuration: configuration)
            try setup.install(helper: "test", for: key, Self.answer)
            try setup.install(helper: "other", for: key, "echo 'the wrong helper' >&2; exit 1")
            #expect(try await setup.credentials().credential(for: host) == Self.login)
        }
    }

    @Test func anEmptyHelperMeansThatTheEntryCounts() async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(
                home: home,
                configuration: #"{"credHelpers": {"host.example": ""}, "credsStore": "missing", "#
                    + #""auths": {"host.example": {"auth": "\#(auth("user:hunter2"))"}}}"#
            )
            #expect(try await setup.credentials().credential(for: "host.example") == Self.login)
        }
    }

    @Test func anEntryBesideAStoreThatKnowsNothingDoesNotCount() async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(
                home: home,
                configuration: #"{"credsStore": "test", "auths": {"host.example": {"auth": "\#(auth("a:b"))"}}}"#
            )
            let script = "echo 'credentials not found in native keychain'; exit 1"
            try setup.install(helper: "test", for: "host.example", script)
            #expect(try await setup.credentials().credential(for: "host.example") == nil)
        }
    }

    @Test(
        arguments: [
            ("echo 'the vault is sealed' >&2; exit 1", 1, "the vault is sealed"),
            ("echo 'the vault is sealed'; exit 3", 3, "the vault is sealed"),
            ("echo hunter2; echo 'the vault is sealed' >&2; exit 1", 1, "the vault is sealed"),
            ("exit 2", 2, ""),
            ("kill -9 $$", 137, ""),
            // These words are the answer only on standard output, and only alone.
            (
                "echo 'credentials not found in native keychain' >&2; exit 1", 1,
                "credentials not found in native keychain"
            ),
            ("printf '%2000s' | tr ' ' x >&2; exit 1", 1, String(repeating: "x", count: 500)),
        ] as [(String, Int32, String)]
    )
    func whatAFailedHelperSaysIsToldInPart(script: String, status: Int32, message: String) async {
        await #expect(
            throws: CredentialError.helperFailed(
                helper: "test",
                host: "host.example",
                status: status,
                message: message
            )
        ) { try await Self.ask(script) }
    }

    @Test(arguments: [
        "echo hunter2", "echo '{\"Username\": \"user\", \"Password\": \"hunter2\"}'",
        "echo '{\"Username\": \"user\", \"Secret\": \"hunter2\"'", "echo '[\"hunter2\"]'", "true",
    ])
    func anAnswerThatIsNoCredentialIsNotQuoted(script: String) async {
        let error = await #expect(
            throws: CredentialError.unexpectedAnswer(helper: "test", host: "host.example")
        ) { try await Self.ask(script) }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    @Test func anAnswerWithoutEndIsNotKept() async throws {
        let error = await #expect(throws: CredentialError.self) { try await Self.ask("yes hunter2") }
        guard case .helperNotRun = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    /// Writing to a pipe without a reader ends a process with SIGPIPE.
    @Test func aHelperThatReadsNothingDoesNotEndThisProcess() async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(home: home, configuration: #"{"credsStore": "test"}"#)
            try FileManager.default.createSymbolicLink(
                atPath: home.appending("bin/docker-credential-test").string,
                withDestinationPath: "/bin/false"
            )
            let credentials = try setup.credentials()
            for _ in 1...20 {
                await #expect(throws: CredentialError.self) { try await credentials.credential(for: "host.example") }
            }
        }
    }

    @Test(arguments: ["exec sleep 1000", "sleep 1000", "sleep 1000 & wait", "trap '' TERM; sleep 1000"])
    func aHelperThatHangsIsEnded(script: String) async {
        let limit = Duration.milliseconds(100)
        let error = await #expect(
            throws: CredentialError.helperTimedOut(helper: "test", host: "host.example", limit: limit)
        ) { try await Self.ask(script, timeLimit: limit) }
        #expect(
            error?.description == "docker-credential-test gave no answer for host.example within 0.1 seconds. "
                + "See that it works for this user, or take \"test\" out of credHelpers and credsStore."
        )
    }

    @Test func aHelperThatIsNotThereIsNamed() async throws {
        try await withTemporaryDirectory { home in
            let setup = try DockerSetup(home: home, configuration: #"{"credsStore": "nowhere"}"#)
            let error = await #expect(throws: CredentialError.self) {
                try await setup.credentials().credential(for: "host.example")
            }
            #expect(
                error?.description == "docker-credential-nowhere, which Docker's configuration names for host.example, "
                    + "is not on PATH. Install it, or take \"nowhere\" out of credHelpers and credsStore."
            )
        }
    }
}
