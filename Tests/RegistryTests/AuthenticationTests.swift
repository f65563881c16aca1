import Images
import NIOHTTP1
import Registry
import Synchronization
import Testing

/// How the client obtains and sends tokens and passwords, with a fake registry that is also its token server.
@Suite struct AuthenticationTests {
    private static let image = SampleImage()
    private static let me = RegistryCredential.password(username: "me", password: "hunter2")
    /// `me:hunter2`.
    private static let basic = "Basic bWU6aHVudGVyMg=="

    /// A registry that requires a token and gives one to every client. The lifetime is in seconds. Tokens are `token1`,
    /// `token2` and so on.
    private static func tokenRegistry(lifetime: Int = 300, posts: Int = 404) -> FakeRegistry.Answer {
        let count = Mutex(0)
        let scopes = Mutex<[String: String]>([:])
        return { request in
            if request.uri.hasPrefix("/token") {
                if request.method == "POST", posts != 200 { return .plain(posts) }
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                scopes.withLock { $0["Bearer token\(number)"] = request.uri }
                return .registry(200, #"{"token": "token\#(number)", "expires_in": \#(lifetime)}"#)
            }
            let host = request.headers.first(name: "Host") ?? ""
            let action = request.method == "PUT" ? "pull,push" : request.method == "DELETE" ? "delete" : "pull"
            let challenge = """
                Bearer realm="http://\(host)/token",service="fake",scope="repository:team/app:\(action)"
                """
            let allowed = request.authorization.flatMap { header in scopes.withLock { $0[header] } }
            guard let allowed, action.split(separator: ",").allSatisfy({ allowed.contains($0) }) else {
                return .unauthorised(challenge)
            }
            switch request.method {
            case "PUT": return .registry(201)
            case "DELETE": return .registry(202)
            default: return .manifest(image.manifest, type: image.type)
            }
        }
    }

    @Test(arguments: [nil, me])
    func aTokenIsAskedForWithThePasswordIfThereIsOne(credential: RegistryCredential?) async throws {
        try await FakeRegistry.withRegistry(answering: Self.tokenRegistry()) { registry in
            let manifest = try await withClient(registry.address, credentials: { _ in credential }) {
                try await $0.manifest(of: registry.reference())
            }
            #expect(manifest == Self.image.fetched)
            #expect(
                registry.lines == [
                    "GET /v2/team/app/manifests/v1",
                    "GET /token?service=fake&scope=repository%3Ateam%2Fapp%3Apull",
                    "GET /v2/team/app/manifests/v1",
                ]
            )
            let shown: [String?] = [nil, credential == nil ? nil : Self.basic, "Bearer token1"]
            #expect(registry.requests.map(\.authorization) == shown)
        }
    }

    @Test func aTokenIsUsedAgainAndAWiderOneIsAskedForWithoutBeingRefusedFirst() async throws {
        try await FakeRegistry.withRegistry(answering: Self.tokenRegistry()) { registry in
            try await withClient(registry.address) { client in
                let manifest = try #require(try await client.manifest(of: registry.reference()))
                _ = try await client.manifest(of: registry.reference())
                let tag = try ImageReference(repository: registry.repository, tag: "latest")
                try await client.putTag(manifest, as: tag)
                try await client.putTag(manifest, as: tag)
                _ = try await client.delete(manifest.digest, from: registry.repository)
            }
            #expect(
                registry.lines.dropFirst(3).map { String($0.prefix(60)) } == [
                    "GET /v2/team/app/manifests/v1",
                    "GET /token?service=fake&scope=repository%3Ateam%2Fapp%3Apull",
                    "PUT /v2/team/app/manifests/latest",
                    "PUT /v2/team/app/manifests/latest",
                    "GET /token?service=fake&scope=repository%3Ateam%2Fapp%3Apull",
                    String("DELETE /v2/team/app/manifests/\(Self.image.digest)".prefix(60)),
                ]
            )
        }
    }

    @Test func aTokenThatHasExpiredIsReplaced() async throws {
        let manual = ManualTime()
        try await FakeRegistry.withRegistry(answering: Self.tokenRegistry(lifetime: 100)) { registry in
            try await withClient(registry.address, time: manual.time) { client in
                _ = try await client.manifest(of: registry.reference())
                manual.advance(by: .seconds(89))
                _ = try await client.manifest(of: registry.reference())
                #expect(registry.lines.count == 4)
                manual.advance(by: .seconds(2))
                _ = try await client.manifest(of: registry.reference())
                #expect(registry.lines.count == 6)
                #expect(registry.requests.last?.authorization == "Bearer token2")
            }
        }
    }

    /// The token of a credential helper ends after the first request, and the helper then has a new one.
    @Test(arguments: [true, false])
    func credentialsThatAreRefusedAreReadAgainOnce(byToken: Bool) async throws {
        let ended = RegistryCredential.password(username: "me", password: "ended")
        let uses = Mutex(0)
        let isAccepted: @Sendable (String?) -> Bool = { authorization in
            if authorization == Self.basic { return true }
            guard authorization == "Basic bWU6ZW5kZWQ=" else { return false }
            return uses.withLock { uses in
                uses += 1
                return uses == 1
            }
        }
        let answer: FakeRegistry.Answer = { request in
            let host = request.headers.first(name: "Host") ?? ""
            if request.uri.hasPrefix("/token") {
                guard isAccepted(request.authorization) else { return .plain(401) }
                // A token that ends at once.
                return .registry(200, #"{"token": "good", "expires_in": 0}"#)
            }
            if byToken, request.authorization != "Bearer good" {
                return .unauthorised("Bearer realm=\"http://\(host)/token\"")
            }
            if !byToken, !isAccepted(request.authorization) { return .unauthorised("Basic realm=\"fake\"") }
            return .manifest(Self.image.manifest, type: Self.image.type)
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let calls = Mutex(0)
            let credentials: @Sendable (String) async throws -> RegistryCredential? = { _ in
                calls.withLock { calls in
                    calls += 1
                    return calls == 1 ? ended : Self.me
                }
            }
            let time = ManualTime()
            try await withClient(registry.address, time: time.time, credentials: credentials) { client in
                for _ in 0..<2 {
                    try await #expect(client.manifest(of: registry.reference()) == Self.image.fetched)
                    time.advance(by: .seconds(3600))
                }
            }
            #expect(calls.withLock { $0 } == 2)
        }
    }

    @Test func aTokenThatIsRefusedIsReplacedOnce() async throws {
        let answer: FakeRegistry.Answer = { request in
            let host = request.headers.first(name: "Host") ?? ""
            if request.uri.hasPrefix("/token") { return .registry(200, #"{"token": "never-good-enough"}"#) }
            return .unauthorised("Bearer realm=\"http://\(host)/token\"")
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.manifest(of: registry.reference()) }
            }
            #expect(error?.reason == .unauthorised)
            #expect(registry.lines.count == 3)
        }
    }

    @Test func anIdentityTokenIsPosted() async throws {
        try await FakeRegistry.withRegistry(answering: Self.postedTokenRegistry) { registry in
            try await withClient(registry.address, credentials: { _ in .identityToken("re/fresh") }) {
                _ = try await $0.manifest(of: registry.reference())
            }
            let post = registry.requests.first { $0.method == "POST" }
            #expect(post?.headers["Content-Type"] == ["application/x-www-form-urlencoded"])
            #expect(
                post?.body == "grant_type=refresh_token&service=fake&client_id=docker-cache"
                    + "&scope=repository%3Ateam%2Fapp%3Apull&refresh_token=re%2Ffresh"
            )
            #expect(registry.lines.count == 3)
        }
    }

    @Sendable private static func postedTokenRegistry(_ request: RecordedRequest) -> FakeReply {
        let host = request.headers.first(name: "Host") ?? ""
        if request.uri == "/token", request.method == "POST" { return .registry(200, #"{"access_token": "t"}"#) }
        guard request.authorization == "Bearer t" else {
            return .unauthorised("Bearer realm=\"http://\(host)/token\",service=\"fake\"")
        }
        return .manifest(image.manifest, type: image.type)
    }

    @Test(arguments: [404, 405])
    func aTokenServerThatTakesNoPostIsAskedWithGet(status: Int) async throws {
        try await FakeRegistry.withRegistry(answering: Self.tokenRegistry(posts: status)) { registry in
            let manifest = try await withClient(registry.address, credentials: { _ in .identityToken("refresh") }) {
                try await $0.manifest(of: registry.reference())
            }
            #expect(manifest != nil)
            #expect(registry.requests.map(\.method) == ["GET", "POST", "GET", "GET"])
        }
    }

    @Test func aPasswordIsShownWithoutBeingAskedForAgain() async throws {
        let answer: FakeRegistry.Answer = { request in
            guard request.authorization == Self.basic else { return .unauthorised("Basic realm=\"fake\"") }
            return .manifest(Self.image.manifest, type: Self.image.type)
        }
        let asked = Mutex<[String]>([])
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let credentials: CredentialSource = { key in
                asked.withLock { $0.append(key) }
                return Self.me
            }
            try await withClient(registry.address, credentials: credentials) { client in
                #expect(asked.withLock { $0 }.isEmpty)
                for _ in 0..<3 {
                    let manifest = try await client.manifest(of: registry.reference())
                    #expect(manifest == Self.image.fetched)
                }
            }
            #expect(registry.requests.map(\.authorization) == [nil, Self.basic, Self.basic, Self.basic])
            #expect(asked.withLock { $0 } == [registry.address])
        }
    }

    @Test(arguments: [nil, me])
    func aPasswordThatIsMissingOrWrongIsNotTriedTwice(credential: RegistryCredential?) async throws {
        let answer: FakeRegistry.Answer = { _ in .unauthorised("Basic realm=\"fake\"") }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address, credentials: { _ in credential }) { client in
                await registryError { _ = try await client.manifest(of: registry.reference()) }
            }
            #expect(
                error?.description == "\(registry.address) does not accept the credentials, or there are none "
                    + "(GET /v2/team/app/manifests/v1): UNAUTHORIZED: authentication required. Log in with "
                    + "`docker login`, and check that the repository exists and may be read."
            )
            #expect(registry.lines.count == (credential == nil ? 1 : 2))
        }
    }

    @Test(arguments: [400, 401, 403])
    func aTokenServerThatRefusesIsAnErrorOfItsOwn(status: Int) async throws {
        let answer: FakeRegistry.Answer = { request in
            let host = request.headers.first(name: "Host") ?? ""
            if request.uri.hasPrefix("/token") {
                return .plain(status, #"{"details": "wrong password hunter2 for me"}"#, type: "application/json")
            }
            return .unauthorised("Bearer realm=\"http://\(host)/token\"")
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address, credentials: { _ in Self.me }) { client in
                await registryError { _ = try await client.manifest(of: registry.reference()) }
            }
            #expect(error?.reason == (status == 403 ? .forbidden : .unauthorised))
            #expect(error?.request == "token from /token")
            #expect(error?.words == "wrong password … for me")
        }
    }

    private struct Broken: Error, CustomStringConvertible { var description: String { "the helper is not installed" } }
    private struct Careless: Error { var secret = "hunter2" }

    @Test func credentialsThatCannotBeReadAreAnErrorWithoutTheSecret() async throws {
        let answer: FakeRegistry.Answer = { _ in .unauthorised("Basic realm=\"fake\"") }
        let cases: [(any Error & Sendable, String)] = [
            (Broken(), "the helper is not installed"), (Careless(), "Careless"),
        ]
        for (thrown, words) in cases {
            try await FakeRegistry.withRegistry(answering: answer) { registry in
                let error = try await withClient(registry.address, credentials: { _ in throw thrown }) { client in
                    await registryError { _ = try await client.manifest(of: registry.reference()) }
                }
                #expect(error?.reason == .credentialsUnavailable)
                #expect(error?.words == words)
                #expect(registry.lines.count == 1)
            }
        }
    }

    @Test func aRealmThatIsNoAddressIsRefused() async throws {
        let answer: FakeRegistry.Answer = { _ in .unauthorised("Bearer realm=\"file:///etc/passwd\"") }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address, credentials: { _ in Self.me }) { client in
                await registryError { _ = try await client.manifest(of: registry.reference()) }
            }
            #expect(error?.reason == .invalidContent)
            #expect(error?.words == "its token server \"file:///etc/passwd\" is not an address")
        }
    }

    @Test func whoeverComesFirstTheCredentialsAreLookedUpOnce() async throws {
        let answer: FakeRegistry.Answer = { request in
            guard request.authorization == Self.basic else { return .unauthorised("Basic realm=\"fake\"") }
            return .manifest(Self.image.manifest, type: Self.image.type)
        }
        let lookups = Mutex(0)
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let credentials: CredentialSource = { _ in
                lookups.withLock { $0 += 1 }
                await Task.yield()
                return Self.me
            }
            let reference = try registry.reference()
            try await withClient(registry.address, credentials: credentials) { client in
                try await withThrowingTaskGroup(of: FetchedManifest?.self) { tasks in
                    for _ in 0..<6 { tasks.addTask { try await client.manifest(of: reference) } }
                    for try await manifest in tasks { #expect(manifest == Self.image.fetched) }
                }
            }
        }
        #expect(lookups.withLock { $0 } == 1)
    }
}
