import FoundationEssentials
import HTTP
import NIOHTTP1
import Synchronization
import SystemPackage

@testable import Providers

/// Simulates the services of clouds: gives the answers of a test and records the requests.
final class ScriptedCloud: Sendable {
    struct Asked: Sendable {
        var line: String
        var headers: HTTPHeaders
        var body: String
        var isOnMachine: Bool
    }

    enum Reply: Sendable {
        case answer(Int, String, HTTPHeaders)
        case none(TransportError)

        static func ok(_ body: String, _ headers: HTTPHeaders = [:]) -> Reply { .answer(200, body, headers) }
    }

    private let log = Mutex<[Asked]>([])
    /// The replies by `METHOD address`, or a prefix of it. The longest match is used.
    private let replies: [String: Reply]

    init(_ replies: [String: Reply]) {
        self.replies = replies
    }

    var asked: [Asked] { log.withLock { $0 } }
    var lines: [String] { asked.map(\.line) }

    @Sendable func exchange(_ request: HTTPRequest, _ isOnMachine: Bool) async throws(TransportError) -> HTTPResponse {
        let line = "\(request.method.rawValue) \(request.url.absoluteString)"
        let body = String(decoding: request.body, as: UTF8.self)
        log.withLock {
            $0.append(Asked(line: line, headers: request.headers, body: body, isOnMachine: isOnMachine))
        }
        let known = replies.keys.filter(line.hasPrefix).max { $0.utf8.count < $1.utf8.count }
        switch known.flatMap({ replies[$0] }) {
        case .answer(let status, let text, let headers)?:
            return HTTPResponse(url: request.url, status: status, headers: headers, body: Array(text.utf8))
        case .none(let error)?: throw error
        case nil: throw .refused("nobody answers \(line)")
        }
    }

    /// A session with a clock at 20:30 on 27 November 2026.
    func session(
        _ environment: [String: String],
        home: FilePath? = nil,
        machineDirectory: FilePath = "/nonexistent"
    ) -> CloudSession {
        CloudSession(
            environment: environment,
            home: home,
            machineDirectory: machineDirectory,
            now: { 1_795_811_400_000 },
            exchange: exchange
        )
    }
}

/// The error that `body` throws.
func cloudError(_ body: () async throws(CloudError) -> Void) async -> CloudError? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}
