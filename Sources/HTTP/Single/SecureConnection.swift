import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS connection to a server for one request, which can be made before there is something to send: then the request
/// takes one round trip, and not three.
final class SecureConnection: Sendable {
    private let origin: Origin
    private let certificates: TrustedCertificates
    private let connectLimit: Duration
    /// What was begun ahead of time.
    private let prepared = Mutex<Attempt?>(nil)

    /// A connection that is being made, and the thread that it has for itself.
    private struct Attempt: Sendable {
        let group: MultiThreadedEventLoopGroup
        let channel: EventLoopFuture<any Channel>
        let begun: ContinuousClock.Instant
    }

    init(to origin: Origin, settings: HTTPSettings) {
        self.origin = origin
        certificates = TrustedCertificates(settings: settings, registry: "")
        connectLimit = settings.connectLimit
    }

    /// Begins to connect, and returns at once. What goes wrong is left to be met again by the request.
    func prepare() {
        let attempt = begun()
        let earlier = prepared.withLock { prepared in
            defer { prepared = attempt }
            return prepared
        }
        earlier?.group.shutdownGracefully { _ in }
    }

    /// Sends the request, and closes the connection.
    ///
    /// - Parameter limit: how long it may take to have the whole answer, the rest of the time for a connection included
    func result(of request: HTTPRequest, within limit: Duration) async -> Result<HTTPResponse, TransportError> {
        let early = prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared
        }
        let attempt = early ?? begun()
        defer { attempt.group.shutdownGracefully { _ in } }
        let loop = attempt.channel.eventLoop
        // The limit holds for the name's resolution too, which nothing can interrupt.
        let answer = loop.makePromise(of: HTTPResponse.self)
        let limit = loop.scheduleTask(in: TimeAmount(limit)) { answer.fail(TransportError.timedOut) }
        defer { limit.cancel() }
        attempt.channel
            .flatMap { channel in
                guard channel.isActive, ContinuousClock.now - attempt.begun < PlainConnection.idleLimit else {
                    channel.close(promise: nil)
                    return loop.makeFailedFuture(TransportError.broken("it hung up"))
                }
                return self.exchange(request, over: channel)
            }
            .flatMapError { error in
                // What was begun ahead of time may be gone. A request that got no byte of an answer is sent again.
                guard early != nil, case .broken = TransportError(error, hasHead: false) else {
                    return loop.makeFailedFuture(error)
                }
                return self.connected(on: loop).flatMap { self.exchange(request, over: $0) }
            }
            .cascade(to: answer)
        do {
            return .success(try await answer.futureResult.get())
        } catch {
            return .failure(TransportError(error, hasHead: false))
        }
    }

    private func begun() -> Attempt {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        return Attempt(group: group, channel: connected(on: group.next()), begun: .now)
    }

    /// A channel over which requests go. Its TLS handshake may not have ended yet: what is written waits for it.
    private func connected(on loop: any EventLoop) -> EventLoopFuture<any Channel> {
        // Reading the certificates takes milliseconds, and this thread has nothing else to do.
        loop.submit { [certificates, origin] in
            try NIOSSLContext(configuration: try certificates.configuration(for: origin, isRegistry: false))
        }
        .flatMap { [origin, connectLimit] context in
            ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(connectLimit))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handlers = channel.pipeline.syncOperations
                        try handlers.addHandler(NIOSSLClientHandler(context: context, serverHostname: origin.serverName))
                        try handlers.addHTTPClientHandlers()
                    }
                }
                .connect(host: origin.host, port: origin.port)
        }
    }

    private func exchange(_ request: HTTPRequest, over channel: any Channel) -> EventLoopFuture<HTTPResponse> {
        let answer = channel.eventLoop.makePromise(of: HTTPResponse.self)
        do {
            try channel.pipeline.syncOperations.addHandler(SecureAnswer(to: request, answer))
        } catch {
            answer.fail(error)
            return answer.futureResult
        }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: request.method,
            uri: request.target,
            headers: request.singleHeaders(to: origin)
        )
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: request.body))), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { answer.fail($0) }
        return answer.futureResult
    }
}

/// The answer to one request, from its parts.
private final class SecureAnswer: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let request: HTTPRequest
    private let answer: EventLoopPromise<HTTPResponse>
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(to request: HTTPRequest, _ answer: EventLoopPromise<HTTPResponse>) {
        self.request = request
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part):
            guard body.count + part.readableBytes <= request.bodyLimit else {
                fail(.tooLarge(limit: request.bodyLimit), context)
                return
            }
            body += part.readableBytesView
        case .end:
            guard let head else { return }
            answer.succeed(
                HTTPResponse(url: request.url, status: Int(head.status.code), headers: head.headers, body: body)
            )
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A server that closes without the notice that TLS has for that, after its answer, is no trouble.
        fail(TransportError(error, hasHead: head != nil), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(head == nil ? .broken("it hung up") : .cutShort, context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { answer.fail(TransportError.broken("it hung up")) }

    private func fail(_ error: TransportError, _ context: ChannelHandlerContext) {
        answer.fail(error)
        context.close(promise: nil)
    }
}

extension Origin {
    /// What a server is told in the TLS handshake; nil for an address, which is no name (RFC 6066, section 3).
    fileprivate var serverName: String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
