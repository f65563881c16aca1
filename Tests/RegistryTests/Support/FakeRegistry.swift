import NIOCore
import NIOHTTP1
import NIOPosix

/// A server on 127.0.0.1 that gives the answers of a test and records all requests.
///
/// It adds what Debian's docker-registry lacks: limits, faults, redirects, pages, immutable tags, token servers.
final class FakeRegistry: Sendable {
    typealias Answer = @Sendable (RecordedRequest) -> FakeReply

    /// `127.0.0.1:PORT`.
    let address: String
    private let channel: any Channel
    private let log: RequestLog

    /// The requests so far, in order.
    var requests: [RecordedRequest] { log.requests }

    /// `METHOD URI` of each request.
    var lines: [String] { requests.map { "\($0.method) \($0.uri)" } }

    /// The number of connections so far.
    var connections: Int { log.connections }

    /// Runs `body` with a server that answers with `answer`.
    static func withRegistry<Result>(
        answering answer: @escaping Answer,
        _ body: (FakeRegistry) async throws -> Result
    ) async throws -> Result {
        let log = RequestLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .childChannelInitializer { channel in
                log.countConnection()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeRegistryHandler(answer: answer, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let registry = FakeRegistry(channel: channel, log: log)
        do {
            let result = try await body(registry)
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }

    private init(channel: any Channel, log: RequestLog) {
        self.channel = channel
        self.log = log
        address = "127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }
}
