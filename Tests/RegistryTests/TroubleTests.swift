import HTTP
import Images
import NIOHTTP1
import Registry
import Synchronization
import Testing

/// How operations handle registries that are slow, broken or not registries. Waits are only recorded, except for a
/// server that never answers: 50 ms.
@Suite struct TroubleTests {
    private static let image = SampleImage()
    private static let platform = Platform.thisMachine

    /// Gives `replies` in order, then repeats the last one.
    private static func script(_ replies: FakeReply...) -> FakeRegistry.Answer {
        let position = Mutex(0)
        return { _ in
            let current = position.withLock { position in
                position += 1
                return position - 1
            }
            return replies[min(current, replies.count - 1)]
        }
    }

    private static var good: FakeReply { .manifest(image.manifest, type: image.type) }

    /// The result of requesting a manifest, and the number of requests.
    private static func ask(
        _ answer: @escaping FakeRegistry.Answer,
        time: ManualTime = ManualTime(),
        settings: (inout RegistrySettings) -> Void = { _ in }
    ) async throws -> (error: RegistryError?, requests: Int) {
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address, settings: settings, time: time.time) { client in
                await registryError { _ = try await client.manifest(of: registry.reference()) }
            }
            return (error, registry.requests.count)
        }
    }

    @Test func a429IsWaitedForAsLongAsTheRegistrySays() async throws {
        let time = ManualTime()
        let limited = FakeReply.registry(429, "", ["Retry-After": "3"])
        let (error, requests) = try await Self.ask(Self.script(limited, limited, Self.good), time: time)
        #expect(error == nil)
        #expect(requests == 3)
        #expect(time.waits == [.seconds(3), .seconds(3)])
    }

    @Test func a429ForLongerThanThereIsTimeFailsAtOnce() async throws {
        let time = ManualTime()
        let limited = FakeReply.registry(429, #"{"errors": [{"code": "TOOMANYREQUESTS"}]}"#, ["Retry-After": "60"])
        let (error, requests) = try await Self.ask(Self.script(limited), time: time)
        #expect(error?.reason == .rateLimited)
        #expect(requests == 1)
        #expect(time.waits.isEmpty)
    }

    @Test(arguments: [502, 503, 504])
    func aGatewaysFaultIsTriedAgainWithGrowingWaits(status: Int) async throws {
        let time = ManualTime()
        let fault = FakeReply.plain(status, "<html>", type: "text/html")
        let (error, requests) = try await Self.ask(Self.script(fault, fault, fault, Self.good), time: time)
        #expect(error == nil)
        #expect(requests == 4)
        #expect(time.waits == [.milliseconds(125), .milliseconds(250), .milliseconds(500)])
    }

    @Test func aGatewayThatStaysFaultyIsGivenUp() async throws {
        let (error, requests) = try await Self.ask(Self.script(.plain(503, "down")))
        #expect(error?.reason == .unreachable)
        #expect(error?.words == "down")
        #expect(requests == 6)
    }

    @Test func aServersOwnFaultIsNotTriedAgain() async throws {
        let (error, requests) = try await Self.ask(Self.script(.error(500, "UNKNOWN", "disk full")))
        #expect(error?.reason == .serverFailed)
        #expect(error?.words == "UNKNOWN: disk full")
        #expect(requests == 1)
    }

    @Test func aConnectionThatBreaksIsTriedAgainOnce() async throws {
        let first = try await Self.ask(Self.script(.registry(200), .hangUp, Self.good))
        // The empty answer only shows that the registry speaks http.
        #expect(first.error?.reason == .invalidContent)
        try await FakeRegistry.withRegistry(answering: Self.script(.registry(200), .hangUp, Self.good)) { registry in
            try await withClient(registry.address) { client in
                _ = try await client.ping()
                #expect(try await client.manifest(of: registry.reference()) != nil)
            }
            #expect(registry.lines.count == 3)
        }
    }

    @Test func aRegistryThatNeverAnswersIsUnreachable() async throws {
        let time = ManualTime()
        let (error, _) = try await Self.ask(Self.script(.silence), time: time) {
            $0.requestLimit = .milliseconds(50)
        }
        #expect(error?.reason == .unreachable)
        #expect(error?.words == "no answer in time")
        #expect(time.waits.count == 1)
    }

    @Test func aRegistryThatStopsWithinItsAnswerIsUnreachable() async throws {
        let (error, _) = try await Self.ask(Self.script(.stall)) { $0.requestLimit = .milliseconds(50) }
        #expect(error?.reason == .unreachable)
        #expect(error?.words == "no answer in time")
    }

    @Test func whereNothingListensTheRegistryIsUnreachable() async throws {
        let address = try await FakeRegistry.withRegistry(answering: Self.script(.silence)) { $0.address }
        let time = ManualTime()
        try await withClient(address, time: time.time) { client in
            let error = await registryError { _ = try await client.ping() }
            #expect(error?.reason == .unreachable)
            #expect(error?.request == "GET /v2/")
            #expect(error?.words == "no connection: Connection refused")
            #expect(time.waits.count == 1)
        }
    }

    @Test func onceUnreachableItIsNotAskedAgain() async throws {
        try await FakeRegistry.withRegistry(answering: Self.script(.plain(503, "down"))) { registry in
            try await withClient(registry.address) { client in
                let first = await registryError { _ = try await client.manifest(of: registry.reference()) }
                let asked = registry.lines.count
                let second = await registryError { _ = try await client.tags(of: registry.repository) }
                #expect(first != nil)
                #expect(second == first)
                #expect(registry.lines.count == asked)
            }
        }
    }

    /// The newest build is asked for only to explain a miss. The build's layers and its push still need the registry.
    @Test(arguments: [FakeReply.registry(429, "", ["Retry-After": "60"]), .plain(503, "down")])
    func aQuestionThatIsNotNeededEndsNoOther(trouble: FakeReply) async throws {
        let answer: FakeRegistry.Answer = { $0.uri.hasSuffix("/latest") ? trouble : Self.good }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            try await withClient(registry.address) { client in
                let error = await registryError {
                    _ = try await client.descriptor(of: registry.reference("latest"), isOptional: true)
                }
                #expect([.rateLimited, .unreachable].contains(error?.reason))
                let found = try await client.manifest(of: registry.reference())
                #expect(found != nil)
            }
        }
    }

    @Test func anOperationNeverTakesLongerThanItsLimit() async throws {
        let time = ManualTime()
        let limited = FakeReply.registry(429, "", ["Retry-After": "3"])
        let (error, requests) = try await Self.ask(
            Self.script(limited),
            time: time,
            settings: { $0.operationLimit = .seconds(7) }
        )
        #expect(error?.reason == .rateLimited)
        #expect(time.waits == [.seconds(3), .seconds(3)])
        #expect(requests == 3)
    }

    @Test func whatIsCutShortIsTriedAgainAndThenNotUsed() async throws {
        let short = FakeReply.cutShort(body: Array("{".utf8), missing: 10)
        let twice = try await Self.ask(Self.script(short))
        #expect(twice.error?.reason == .invalidContent)
        #expect(twice.error?.words == "the answer was cut short")
        #expect(twice.requests == 2)
        let once = try await Self.ask(Self.script(short, Self.good))
        #expect(once.error == nil)
    }

    @Test func whatIsTooLongIsNotReadToItsEnd() async throws {
        let (error, requests) = try await Self.ask(Self.script(Self.good)) { $0.manifestLimit = 100 }
        #expect(error?.reason == .invalidContent)
        #expect(error?.words == "the answer is longer than 100 bytes")
        #expect(requests == 1)
    }

    @Test func aDigestThatTheContentDoesNotHaveIsRefused() async throws {
        let other = Digest(of: "other".utf8)
        let lying = FakeReply.registry(
            200,
            Self.image.manifest,
            ["Content-Type": Self.image.type.description, "Docker-Content-Digest": other.description]
        )
        let (error, _) = try await Self.ask(Self.script(lying))
        #expect(error?.reason == .invalidContent)
        #expect(error?.words == "its digest is \(Self.image.digest), and the registry says \(other)")
    }

    @Test func aManifestThatIsNotOfTheDigestItWasAskedByIsRefused() async throws {
        let other = Digest(of: "other".utf8)
        try await FakeRegistry.withRegistry(answering: Self.script(Self.good)) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.manifest(of: registry.reference(digest: other)) }
            }
            #expect(error?.reason == .invalidContent)
            #expect(error?.words == "its digest is \(Self.image.digest)")
        }
    }

    @Test(
        arguments: [
            (.registry(200, "{}"), .invalidContent, "its digest is \(Digest(of: "{}".utf8))"),
            (.error(404, "BLOB_UNKNOWN"), .notFound, "the manifest names it as the image's configuration"),
        ] as [(FakeReply, RegistryError.Reason, String)]
    )
    func aConfigurationThatIsNotTheManifestsIsRefused(
        reply: FakeReply,
        reason: RegistryError.Reason,
        words: String
    ) async throws {
        try await FakeRegistry.withRegistry(answering: Self.script(Self.good, reply)) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.image(registry.reference(), platform: Self.platform) }
            }
            #expect(error?.reason == reason)
            #expect(error?.words == words)
        }
    }

    @Test func somethingElseThanAnImageIsNotTakenForOne() async throws {
        let cache = Self.image.manifest.replacing(
            "application/vnd.oci.image.config.v1+json",
            with: "application/x.cache"
        )
        let answer = Self.script(.manifest(cache, type: .imageManifest))
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            let error = try await withClient(registry.address) { client in
                await registryError { _ = try await client.image(registry.reference(), platform: Self.platform) }
            }
            #expect(error?.words == "it is of type \"application/x.cache\", which is not an image's")
        }
    }

    @Test(arguments: [
        // A web server that is not a registry.
        (
            [FakeReply.plain(404, "404 page not found"), .plain(404, "404 page not found")],
            RegistryError.Reason.notARegistry
        ),
        ([.plain(404, "<html><title>Oops</title>", type: "text/html")], .notARegistry),
        ([.plain(200, "<html>Log in first", type: "text/html")], .notARegistry),
        ([.plain(404), .plain(200, "<html>Welcome", type: "text/html")], .notARegistry),
        ([.plain(200, "hello", type: "application/x-other")], .invalidContent),
    ])
    func whatIsNoRegistryIsNotTakenForAnEmptyOne(replies: [FakeReply], reason: RegistryError.Reason) async throws {
        let position = Mutex(0)
        let answer: FakeRegistry.Answer = { _ in
            let current = position.withLock { position in
                position += 1
                return position - 1
            }
            return replies[min(current, replies.count - 1)]
        }
        #expect(try await Self.ask(answer).error?.reason == reason)
    }

    @Test(arguments: [FakeReply.plain(200, "{}", type: "application/json"), .plain(401), .registry(200)])
    func aRegistryThatSaysLittleIsARegistryStill(base: FakeReply) async throws {
        let answer: FakeRegistry.Answer = { $0.uri == "/v2/" ? base : .plain(404) }
        let (error, requests) = try await Self.ask(answer)
        #expect(error == nil)
        #expect(requests == 2)
    }

    @Test func thePresenceOfARegistryComesWithItsTime() async throws {
        let reply = FakeReply.registry(200, "{}", ["Date": "Sun, 06 Nov 1994 08:49:37 GMT"])
        try await FakeRegistry.withRegistry(answering: Self.script(reply)) { registry in
            let presence = try await withClient(registry.address) { try await $0.ping() }
            #expect(presence == RegistryPresence(serverTime: 784_111_777_000, wantsCredentials: false, isPlain: true))
        }
    }

    @Test func workThatIsCancelledIsNotTakenForAnOutage() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let answer: FakeRegistry.Answer = { request in
            guard request.uri != "/v2/" else { return .registry(200) }
            arrived.yield()
            return .silence
        }
        try await FakeRegistry.withRegistry(answering: answer) { registry in
            try await withClient(registry.address, settings: { $0.requestLimit = .seconds(600) }) { client in
                let reference = try registry.reference()
                let work = Task { await registryError { _ = try await client.manifest(of: reference) } }
                for await _ in arrivals { break }
                work.cancel()
                #expect(await work.value?.reason == .cancelled)
                _ = try await client.ping()
            }
        }
    }

    @Test(
        arguments: [
            (FakeReply.plain(407), "the proxy wants a user and a password", 1),
            (.plain(502), "the proxy does not connect to it", 2),
        ]
    )
    func aProxyIsAskedForTheRegistryAndItsRefusalIsSaid(reply: FakeReply, words: String, tries: Int) async throws {
        try await FakeRegistry.withRegistry(answering: { _ in reply }) { proxy in
            let address = "http://me:hunter2@\(proxy.address)"
            let error = try await withClient(
                "registry.example",
                settings: { $0.proxyVariables = ["HTTPS_PROXY": address] }
            ) { client in
                await registryError { _ = try await client.ping() }
            }
            #expect(error?.reason == .unreachable)
            #expect(error?.words == words)
            #expect(proxy.lines == Array(repeating: "CONNECT registry.example:443", count: tries))
            #expect(proxy.requests.first?.headers["Proxy-Authorization"] == ["Basic bWU6aHVudGVyMg=="])
        }
    }

    @Test func aProxyThatCannotBeUsedIsNamedWithoutItsPassword() async throws {
        let error = try await withClient(
            "registry.example",
            settings: { $0.proxyVariables = ["HTTPS_PROXY": "https://me:hunter2@proxy.example"] }
        ) { client in
            await registryError { _ = try await client.ping() }
        }
        #expect(error?.words == "the value of HTTPS_PROXY is not the address of a proxy that can be used")
    }
}
