import CLibrary
import Dispatch
import FoundationEssentials
import NIOHTTP1
import Synchronization
import SystemPackage

/// One request and its answer over a plain socket, on a separate thread. Starting an event loop and a client for one
/// request would take longer than a server on this machine needs to answer.
struct PlainExchange: Sendable {
    private let connection: PlainConnection
    private let bytes: [UInt8]
    private let url: URL
    private let bodyLimit: Int

    init(_ request: HTTPRequest, over connection: PlainConnection) {
        self.connection = connection
        url = request.url
        bodyLimit = request.bodyLimit
        bytes = Self.bytes(of: request, connection.origin)
    }

    /// The request as it is sent.
    private static func bytes(of request: HTTPRequest, _ origin: Origin) -> [UInt8] {
        let head = request.singleHeaders(to: origin)
            .reduce("\(request.method.rawValue) \(request.target) HTTP/1.1\r\n") { text, header in
                text + "\(header.name): \(header.value)\r\n"
            }
        return Array((head + "\r\n").utf8) + request.body
    }

    /// Sends the request. The limit includes name resolution, which cannot be interrupted: its thread is abandoned.
    func result(within limit: Duration) async -> Result<HTTPResponse, TransportError> {
        await withCheckedContinuation { continuation in
            let waiting = Mutex<CheckedContinuation<Result<HTTPResponse, TransportError>, Never>?>(continuation)
            let answer = Answer(waiting)
            let deadline = ContinuousClock.now + limit
            DispatchQueue.global().async { answer.give(self.result(before: deadline)) }
            let milliseconds = Int(clamping: limit.wholeMilliseconds)
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                answer.give(.failure(.timedOut))
            }
        }
    }

    /// Takes the first of two results, and ignores the second.
    private final class Answer: Sendable {
        typealias Continuation = CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

        private let waiting: Mutex<Continuation?>

        init(_ waiting: consuming sending Mutex<Continuation?>) { self.waiting = waiting }

        func give(_ result: Result<HTTPResponse, TransportError>) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(returning: result)
        }
    }

    private func result(before deadline: ContinuousClock.Instant) -> Result<HTTPResponse, TransportError> {
        do throws(TransportError) {
            if let socket = connection.preparedSocket(before: deadline) {
                do throws(TransportError) {
                    return .success(try exchange(over: socket, before: deadline))
                } catch .broken {
                    // The connection was closed in the meantime, before any byte of an answer.
                }
            }
            return .success(try exchange(over: connection.connectedSocket(before: deadline), before: deadline))
        } catch {
            return .failure(error)
        }
    }

    private func exchange(
        over socket: FileDescriptor,
        before deadline: ContinuousClock.Instant
    ) throws(TransportError) -> HTTPResponse {
        defer { try? socket.close() }
        try send(over: socket, before: deadline)
        return try answer(over: socket, before: deadline)
    }

    private func send(
        over socket: FileDescriptor,
        before deadline: ContinuousClock.Instant
    ) throws(TransportError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                CLibrary.send(socket.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try socket.wait(for: POLLOUT, before: deadline)
            } else if errno != EINTR {
                // A server that answers early and closes the connection may have sent the reason.
                return
            }
        }
    }

    private func answer(
        over socket: FileDescriptor,
        before deadline: ContinuousClock.Instant
    ) throws(TransportError) -> HTTPResponse {
        var read: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
            if count < 0 {
                let code = errno
                guard code == EAGAIN || code == EINTR else {
                    throw read.isEmpty ? .broken("\(Errno(rawValue: code))") : .cutShort
                }
                if code == EAGAIN { try socket.wait(for: POLLIN, before: deadline) }
                continue
            }
            read += buffer.prefix(count)
            switch PlainAnswer(read, hasEnded: count == 0) {
            case .incomplete:
                guard read.count <= bodyLimit + (64 << 10) else { throw .tooLarge(limit: bodyLimit) }
            case .malformed:
                throw read.isEmpty ? .broken("it hung up") : .unusable("its answer is incomplete, or not HTTP")
            case .complete(let status, let headers, let body):
                return HTTPResponse(url: url, status: status, headers: headers, body: Array(body.prefix(bodyLimit)))
            }
        }
    }
}
