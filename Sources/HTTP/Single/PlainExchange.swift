import CLibrary
import Dispatch
import FoundationEssentials
import NIOHTTP1
import Synchronization
import SystemPackage

/// One request and its answer over a socket of our own, on a thread of its own: an event loop and a client that are
/// started for one request take longer than a server on this machine.
struct PlainExchange: Sendable {
    private let origin: Origin
    private let bytes: [UInt8]
    private let url: URL
    private let bodyLimit: Int

    init(_ request: HTTPRequest, to origin: Origin) {
        self.origin = origin
        url = request.url
        bodyLimit = request.bodyLimit
        bytes = Self.bytes(of: request, origin)
    }

    /// The request as it goes over the wire.
    private static func bytes(of request: HTTPRequest, _ origin: Origin) -> [UInt8] {
        var path = request.url.path(percentEncoded: true)
        if path.isEmpty { path = "/" }
        if let query = request.url.query(percentEncoded: true) { path += "?\(query)" }
        var headers = request.headers
        headers.replaceOrAdd(name: "Host", value: origin.authority)
        headers.replaceOrAdd(name: "Connection", value: "close")
        headers.replaceOrAdd(name: "Content-Length", value: "\(request.body.count)")
        if !headers.contains(name: "User-Agent") { headers.add(name: "User-Agent", value: "docker-cache") }
        let head = headers.reduce("\(request.method.rawValue) \(path) HTTP/1.1\r\n") { text, header in
            text + "\(header.name): \(header.value)\r\n"
        }
        return Array((head + "\r\n").utf8) + request.body
    }

    /// Carries it out. The limit holds for the name's resolution too, which nothing can interrupt: its thread is then
    /// left to itself.
    func result(within limit: Duration) async -> Result<HTTPResponse, TransportError> {
        await withCheckedContinuation { continuation in
            let waiting = Mutex<CheckedContinuation<Result<HTTPResponse, TransportError>, Never>?>(continuation)
            let answer = Answer(waiting)
            let deadline = ContinuousClock.now + limit
            DispatchQueue.global().async { answer.give(self.result(before: deadline)) }
            let milliseconds =
                Int(limit.components.seconds) * 1000
                + Int(limit.components.attoseconds / 1_000_000_000_000_000)
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                answer.give(.failure(.timedOut))
            }
        }
    }

    /// The first of two that there are counts.
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
            let socket = try connected(before: deadline)
            defer { try? socket.close() }
            try send(over: socket, before: deadline)
            return .success(try answer(over: socket, before: deadline))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Connecting

    private func connected(before deadline: ContinuousClock.Instant) throws(TransportError) -> FileDescriptor {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(origin.host, "\(origin.port)", &hints, &found) == 0 else {
            throw .refused("the name \(origin.host) is not known")
        }
        defer { freeaddrinfo(found) }
        var failure = TransportError.refused("the name \(origin.host) has no address")
        var next = found
        while let address = next {
            do throws(TransportError) {
                return try connected(to: address.pointee, before: deadline)
            } catch {
                failure = error
            }
            next = address.pointee.ai_next
        }
        throw failure
    }

    private func connected(
        to address: addrinfo,
        before deadline: ContinuousClock.Instant
    ) throws(TransportError) -> FileDescriptor {
        let kind = address.ai_socktype | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let number = socket(address.ai_family, kind, address.ai_protocol)
        guard number >= 0 else { throw .refused("no connection: \(Errno(rawValue: errno))") }
        let descriptor = FileDescriptor(rawValue: number)
        do throws(TransportError) {
            if connect(number, address.ai_addr, address.ai_addrlen) != 0 {
                guard errno == EINPROGRESS else { throw Self.refusal(errno) }
                try wait(for: POLLOUT, on: descriptor, before: deadline)
                var code: CInt = 0
                var length = socklen_t(MemoryLayout<CInt>.size)
                getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &length)
                guard code == 0 else { throw Self.refusal(code) }
            }
            return descriptor
        } catch {
            try? descriptor.close()
            throw error
        }
    }

    private static func refusal(_ code: CInt) -> TransportError {
        code == ETIMEDOUT ? .timedOut : .refused("no connection: \(Errno(rawValue: code))")
    }

    // MARK: Exchanging

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
                try wait(for: POLLOUT, on: socket, before: deadline)
            } else if errno != EINTR {
                // A server that answers before the end, and hangs up, may have said why.
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
                guard code == EAGAIN || code == EINTR else { throw .broken("\(Errno(rawValue: code))") }
                if code == EAGAIN { try wait(for: POLLIN, on: socket, before: deadline) }
                continue
            }
            read += buffer.prefix(count)
            switch PlainAnswer(read, hasEnded: count == 0) {
            case .incomplete:
                guard read.count <= bodyLimit + (64 << 10) else { throw .tooLarge(limit: bodyLimit) }
            case .malformed:
                throw read.isEmpty ? .broken("it hung up") : .broken("what came is no HTTP, or not all of it")
            case .complete(let status, let headers, let body):
                return HTTPResponse(url: url, status: status, headers: headers, body: Array(body.prefix(bodyLimit)))
            }
        }
    }

    private func wait(
        for events: CInt,
        on socket: FileDescriptor,
        before deadline: ContinuousClock.Instant
    ) throws(TransportError) {
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw .timedOut }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(fd: socket.rawValue, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, CInt(clamping: milliseconds + 1))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw .broken("\(Errno(rawValue: errno))") }
        }
    }
}
