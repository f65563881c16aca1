import CLibrary
import Dispatch
import Synchronization
import SystemPackage

/// A connection to a server for one request. It can be made before there is something to send, so that the request
/// itself takes one round trip instead of two.
final class PlainConnection: Sendable {
    let origin: Origin
    /// The socket that was connected ahead of time, and the time of its connection; nil if there is none.
    private let prepared = Mutex<(socket: FileDescriptor, since: ContinuousClock.Instant)?>(nil)
    /// Entered while a connection is being made ahead of time.
    private let preparing = DispatchGroup()

    /// A connection that has been idle for longer is not used: a device on the path may have dropped it silently.
    static let idleLimit = Duration.seconds(10)

    init(to origin: Origin) {
        self.origin = origin
    }

    /// Starts to connect and returns at once. If that fails, the request will encounter the same error.
    func prepare(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        DispatchQueue.global().async(group: preparing) {
            guard let socket = try? self.connectedSocket(before: deadline) else { return }
            self.prepared.withLock { $0 = (socket, .now) }
        }
    }

    /// Whether the attempt to connect ahead of time has ended.
    var isReady: Bool { preparing.wait(timeout: .now()) == .success }

    /// The socket that was connected ahead of time. The caller closes it. Nil if there is none or it is too old.
    func preparedSocket(before deadline: ContinuousClock.Instant) -> FileDescriptor? {
        let left = max(deadline - ContinuousClock.now, .zero)
        _ = preparing.wait(timeout: .now() + .milliseconds(Int(clamping: left.wholeMilliseconds)))
        let ready = prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared
        }
        guard let ready else { return nil }
        if ready.socket.isOpen, ContinuousClock.now - ready.since < Self.idleLimit { return ready.socket }
        try? ready.socket.close()
        return nil
    }

    /// A newly connected socket. The caller closes it.
    func connectedSocket(before deadline: ContinuousClock.Instant) throws(TransportError) -> FileDescriptor {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(origin.host, "\(origin.port)", &hints, &found) == 0 else {
            throw .refused("the name \(origin.host) is not known")
        }
        defer { freeaddrinfo(found) }
        let addresses = Array(sequence(first: found) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap(\.self))
        var failure = TransportError.refused("the name \(origin.host) has no address")
        for (index, address) in addresses.enumerated() {
            // An unresponsive address must leave time for the next ones.
            let now = ContinuousClock.now
            let share = (deadline - now) / (addresses.count - index)
            do throws(TransportError) {
                return try connected(to: address.pointee, before: now + share)
            } catch {
                failure = error
            }
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
            var entry = pollfd(fd: rawValue, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, CInt(clamping: left.wholeMilliseconds + 1))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw .broken("\(Errno(rawValue: errno))") }
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
