import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// A TLS connection to a server for one request. It can be made before there is something to send, so that the request
/// takes one round trip instead of three.
final class SecureConnection: Sendable {
    private let origin: Origin
    private let certificates: TrustedCertificates
    private let connectLimit: Duration
    /// The connection that was started ahead of time.
    private let prepared = Mutex<Attempt?>(nil)

    /// A connection that is being made, and its own thread.
    private struct Attempt: Sendable {
        let group: MultiThreadedEventLoopGroup
        /// Succeeds once the TLS handshake is complete.
        let channel: EventLoopFuture<any Channel>
        let end: End
    }

    /// The time at which an attempt to connect ended; nil until then.
    private final class End: Sendable {
        private let mutex = Mutex<ContinuousClock.Instant?>(nil)

        var time: ContinuousClock.Instant? { mutex.withLock { $0 } }

        func isNow() { mutex.withLock { $0 = .now } }
    }

    init(to origin: Origin, settings: HTTPSettings) {
        self.origin = origin
        certificates = TrustedCertificates(settings: settings, registry: "")
        connectLimit = settings.connectLimit
    }

    /// Starts to connect and returns at once. On failure, the request will encounter the same error.
    func prepare() {
        let attempt = begun()
        let earlier = prepared.withLock { prepared in
            defer { prepared = attempt }
            return prepared
        }
        earlier?.group.shutdownGracefully { _ in }
    }

    /// Whether the attempt to connect ahead of time has ended.
    var isReady: Bool { prepared.withLock { $0.map { $0.end.time != nil } ?? true } }

    /// Sends the request, and closes the connection.
    ///
    /// - Parameter limit: the maximum time until the whole answer has arrived, including any remaining connection setup
    func result(of request: HTTPRequest, within limit: Duration) async -> Result<HTTPResponse, TransportError> {
        let early = prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared
        }
        let attempt = early ?? begun()
        defer { attempt.group.shutdownGracefully { _ in } }
        let loop = attempt.channel.eventLoop
        // The limit includes name resolution, which cannot be interrupted.
        let answer = loop.makePromise(of: HTTPResponse.self)
        let limit = loop.scheduleTask(in: TimeAmount(limit)) { answer.fail(TransportError.timedOut) }
        defer { limit.cancel() }
        attempt.channel
            .flatMapThrowing { channel -> (any Channel)? in
                let idle = attempt.end.time.map { ContinuousClock.now - $0 } ?? .zero
                guard channel.isActive, idle < PlainConnection.idleLimit else {
                    channel.close(promise: nil)
                    return nil
                }
                return channel
            }
            .flatMapError { error in
                early == nil ? loop.makeFailedFuture(error) : loop.makeSucceededFuture(nil)
            }
            .flatMap { channel in
                // A connection that could not be made ahead of time, or is gone, is made now.
                guard let channel else { return self.exchange(request, on: loop) }
                return self.exchange(request, over: channel).flatMapError { error in
                    // The server may have closed an early connection while the request was on its way. If no byte of
                    // an answer came, the request is sent again.
                    guard early != nil, case .broken = TransportError(error, hasHead: false) else {
                        return loop.makeFailedFuture(error)
                    }
                    return self.exchange(request, on: loop)
                }
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
        let end = End()
        let channel = connected(on: group.next())
        channel.whenComplete { _ in end.isNow() }
        return Attempt(group: group, channel: channel, end: end)
    }

    /// A channel for requests, after its TLS handshake.
    private func connected(on loop: any EventLoop) -> EventLoopFuture<any Channel> {
        // Reading the certificates takes milliseconds, and this thread has no other work.
        loop.submit { [certificates, origin] in
            try NIOSSLContext(configuration: try certificates.configuration(for: origin, isRegistry: false))
        }
        .flatMap { [origin, connectLimit] context in
            let handshake = loop.makePromise(of: Void.self)
            return ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(connectLimit))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handlers = channel.pipeline.syncOperations
                        try handlers.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: origin.serverName)
                        )
                        try handlers.addHandler(HandshakeEnd(handshake))
                        try handlers.addHTTPClientHandlers()
                    }
                }
                .connect(host: origin.host, port: origin.port)
                .flatMapErrorThrowing { error in
                    handshake.fail(error)
                    throw error
                }
                .and(handshake.futureResult)
                .map(\.0)
        }
    }

    /// Over a new connection.
    private func exchange(_ request: HTTPRequest, on loop: any EventLoop) -> EventLoopFuture<HTTPResponse> {
        connected(on: loop).flatMap { self.exchange(request, over: $0) }
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

/// Reports the end of the TLS handshake, and stays out of what follows.
private final class HandshakeEnd: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let end: EventLoopPromise<Void>

    init(_ end: EventLoopPromise<Void>) {
        self.end = end
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { end.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end.fail(TransportError.broken("it hung up"))
        context.fireChannelInactive()
    }
}

/// Assembles the answer to one request from its parts.
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
            let room = request.bodyLimit - body.count
            if part.readableBytes <= room {
                body += part.readableBytesView
            } else if let head, !(200..<300).contains(head.status.code) {
                // The beginning says what is wrong.
                body += part.readableBytesView.prefix(room)
            } else {
                fail(.tooLarge(limit: request.bodyLimit), context)
            }
        case .end:
            guard let head else { return }
            answer.succeed(
                HTTPResponse(url: request.url, status: Int(head.status.code), headers: head.headers, body: body)
            )
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The server closed the connection without the notice that TLS has for that.
        case NIOSSLError.uncleanShutdown where head == nil: fail(.broken("it hung up"), context)
        case is HTTPParserError: fail(.unusable("its answer is incomplete, or not HTTP"), context)
        default: fail(TransportError(error, hasHead: head != nil), context)
        }
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
    /// The server name in the TLS handshake; nil for an address, which is not a name (RFC 6066, section 3).
    fileprivate var serverName: String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
