import NIOCore
import NIOHTTP1

/// One connection to a ``FakeRegistry``.
final class FakeRegistryHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: FakeRegistry.Answer
    private let log: RequestLog
    private var current: RecordedRequest?

    init(answer: @escaping FakeRegistry.Answer, log: RequestLog) {
        self.answer = answer
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            current = RecordedRequest(method: head.method.rawValue, uri: head.uri, headers: head.headers)
        case .body(let part):
            current?.body += String(buffer: part)
        case .end:
            guard let request = current else { return }
            current = nil
            log.append(request)
            write(answer(request), isHead: request.method == "HEAD", context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Clients that give up, and clients that first try a TLS handshake.
        context.close(promise: nil)
    }

    private func write(_ reply: FakeReply, isHead: Bool, context: ChannelHandlerContext) {
        switch reply {
        case .answer(let status, let headers, let body):
            writeHead(status, headers, length: body.count, context: context)
            if !isHead { writeBody(body, context: context) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .cutShort(let body, let missing):
            writeHead(200, [:], length: body.count + missing, context: context)
            writeBody(body, context: context)
            context.flush()
            context.close(promise: nil)
        case .stall:
            writeHead(200, [:], length: 100, context: context)
            context.flush()
        case .silence:
            break
        case .hangUp:
            context.close(promise: nil)
        }
    }

    private func writeHead(_ status: Int, _ headers: HTTPHeaders, length: Int, context: ChannelHandlerContext) {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Length", value: "\(length)")
        let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func writeBody(_ body: [UInt8], context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    }
}
