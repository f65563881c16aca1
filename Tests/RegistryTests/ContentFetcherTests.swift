import Crypto
import FoundationEssentials
import HTTP
import Logging
import NIOHTTP1
import Synchronization
import Testing

@Suite struct ContentFetcherTests {
    private static func digest(_ text: [UInt8]) -> String {
        SHA256.hash(data: text).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    private static func digest(_ text: String) -> String { digest(Array(text.utf8)) }

    private static func fetch(
        _ address: String,
        known: RemoteContent? = nil,
        limit: Duration = .seconds(60),
        silenceLimit: Duration = .seconds(60)
    ) async throws -> RemoteContent {
        var settings = HTTPSettings(environment: [:])
        settings.silenceLimit = silenceLimit
        let transport = HTTPTransport(settings: settings, registry: "", log: Logger(label: "test"))
        let fetcher = ContentFetcher(transport: transport, limit: limit) { _ in }
        let result: Result<RemoteContent, any Error>
        do {
            result = .success(try await fetcher.content(at: try #require(URL(string: address)), known: known))
        } catch {
            result = .failure(error)
        }
        await transport.shutdown()
        return try result.get()
    }

    private static func failure(_ address: String, silenceLimit: Duration = .seconds(60)) async -> FetchError? {
        do {
            _ = try await fetch(address, silenceLimit: silenceLimit)
            return nil
        } catch {
            return error as? FetchError
        }
    }

    private static func answer(_ body: String, tag: String?) -> FakeReply {
        .answer(status: 200, headers: tag.map { ["ETag": $0] } ?? [:], body: Array(body.utf8))
    }

    @Test(arguments: [("\"1\"", "\"1\""), ("W/\"1\"", nil), (nil, nil)] as [(String?, String?)])
    func theContentIsHashedAndAStrongTagKept(sent: String?, kept: String?) async throws {
        try await FakeRegistry.withRegistry(answering: { _ in Self.answer("content", tag: sent) }) { server in
            let content = try await Self.fetch("http://\(server.address)/x")
            #expect(content.digest == Self.digest("content"))
            #expect(content.tag == kept)
        }
    }

    @Test func whatIsKnownIsTrueStillIfTheServerSaysSo() async throws {
        let body = Mutex("one")
        try await FakeRegistry.withRegistry(answering: { request in
            let tag = "\"\(body.withLock { $0 })\""
            if request.headers.first(name: "If-None-Match") == tag { return .plain(304) }
            return Self.answer(body.withLock { $0 }, tag: tag)
        }) { server in
            let address = "http://\(server.address)/x"
            var known = try await Self.fetch(address)
            // The fetcher trusts the known digest, so a wrong one comes back.
            known.digest = "remembered"
            #expect(try await Self.fetch(address, known: known).digest == "remembered")
            body.withLock { $0 = "two" }
            #expect(try await Self.fetch(address, known: known).digest == Self.digest("two"))
            // A tag is valid for one address only, because servers make tags from size and time.
            known.tag = "\"two\""
            #expect(try await Self.fetch("\(address)?other", known: known).digest == Self.digest("two"))
        }
    }

    @Test func aRedirectIsFollowedAndATagIsOfWhereItLeads() async throws {
        let storage: FakeRegistry.Answer = { request in
            request.headers.contains(name: "If-None-Match") ? .plain(304) : Self.answer("stored", tag: "\"1\"")
        }
        try await FakeRegistry.withRegistry(answering: storage) { storage in
            let target = Mutex("http://\(storage.address)/a?signature=1")
            let redirect: FakeRegistry.Answer = { _ in .redirect(302, to: target.withLock { $0 }) }
            try await FakeRegistry.withRegistry(answering: redirect) { server in
                let address = "http://\(server.address)/x"
                let content = try await Self.fetch(address)
                #expect(content.digest == Self.digest("stored"))
                #expect(try await Self.fetch(address, known: content) == content)
                target.withLock { $0 = "http://\(storage.address)/a?signature=2" }
                #expect(try await Self.fetch(address, known: content).digest == Self.digest("stored"))
                #expect(storage.requests.map { $0.headers.contains(name: "If-None-Match") } == [false, true, false])
                #expect(server.requests.allSatisfy { !$0.headers.contains(name: "If-None-Match") })
            }
        }
    }

    @Test(arguments: [404, 403, 401, 500, 304])
    func anythingButContentIsAFailure(status: Int) async throws {
        try await FakeRegistry.withRegistry(answering: { _ in .plain(status) }) { server in
            #expect(await Self.failure("http://\(server.address)/x") == .status(status))
        }
    }

    @Test func aServerThatIsBusyForAMomentIsAskedAgain() async throws {
        let tries = Mutex(0)
        try await FakeRegistry.withRegistry(answering: { _ in
            let number = tries.withLock { tries in
                tries += 1
                return tries
            }
            return number < 3 ? .plain(503) : Self.answer("content", tag: nil)
        }) { server in
            let content = try await Self.fetch("http://\(server.address)/x")
            #expect(content.digest == Self.digest("content"))
        }
    }

    @Test(arguments: [FakeReply.silence, .stall, .hangUp, .cutShort(body: [1, 2], missing: 2)])
    func anAnswerThatDoesNotEndIsAFailure(reply: FakeReply) async throws {
        try await FakeRegistry.withRegistry(answering: { _ in reply }) { server in
            let failure = await Self.failure("http://\(server.address)/x", silenceLimit: .milliseconds(200))
            guard case .transport = failure else {
                Issue.record("no failure")
                return
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func redirectsInACircleAreAFailure() async throws {
        try await FakeRegistry.withRegistry(answering: { _ in .redirect(302, to: "/x") }) { server in
            #expect(await Self.failure("http://\(server.address)/x") == .redirect("more than 5 redirects"))
        }
    }

    @Test func aUserInTheAddressIsNotShownToAnybody() async throws {
        try await FakeRegistry.withRegistry(answering: { _ in Self.answer("content", tag: nil) }) { server in
            #expect(await Self.failure("http://me:secret@\(server.address)/x") != nil)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func contentOfAnySizeIsHashed() async throws {
        // Many times what a connection buffers.
        let body = [UInt8](repeating: 7, count: 4 << 20)
        let reply = FakeReply.answer(status: 200, headers: [:], body: body)
        try await FakeRegistry.withRegistry(answering: { _ in reply }) { server in
            let content = try await Self.fetch("http://\(server.address)/x")
            #expect(content.digest == Self.digest(body))
        }
    }
}
