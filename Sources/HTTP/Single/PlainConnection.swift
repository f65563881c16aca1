import CLibrary
import Dispatch
import Synchronization
import SystemPackage

/// A connection to a server for one request, which can be made before there is something to send: then the request
/// itself takes one round trip, and not two.
final class PlainConnection: Sendable {
    let origin: Origin
    /// What was made ahead of time; nil where nothing was, or that did not succeed.
    private let prepared = Mutex<FileDescriptor?>(nil)
    /// Entered as long as a connection is being made ahead of time.
    private let preparing = DispatchGroup()

    init(to origin: Origin) {
        self.origin = origin
    }

    /// Begins to connect, and returns at once. What goes wrong is left to be met again by the request.
    func prepare(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        DispatchQueue.global().async(group: preparing) {
            guard let socket = try? self.connected(before: deadline) else { return }
            self.prepared.withLock { $0 = socket }
        }
    }

    /// A socket that is connected, for the caller to close: the one that was made ahead of time if it still is.
    func connectedSocket(before deadline: ContinuousClock.Instant) throws(TransportError) -> FileDescriptor {
        let left = max(deadline - ContinuousClock.now, .zero)
        _ = preparing.wait(
            timeout: .now()
                + .milliseconds(
                    Int(left.components.seconds) * 1000
                        + Int(left.components.attoseconds / 1_000_000_000_000_000)
                )
        )
        let ready = prepared.withLock { socket in
            defer { socket = nil }
            return socket
        }
        if let ready {
            if ready.isOpen { return ready }
            try? ready.close()
        }
        return try connected(before: deadline)
    }

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
                try descriptor.wait(for: POLLOUT, before: deadline)
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
}

extension FileDescriptor {
    /// Whether the server has neither closed the connection nor sent anything.
    fileprivate var isOpen: Bool {
        var byte: UInt8 = 0
        let count = recv(rawValue, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN
    }

    /// Waits until something can be sent or received.
    func wait(for events: CInt, before deadline: ContinuousClock.Instant) throws(TransportError) {
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw .timedOut }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(fd: rawValue, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, CInt(clamping: milliseconds + 1))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw .broken("\(Errno(rawValue: errno))") }
        }
    }
}
