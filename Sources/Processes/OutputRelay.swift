import CLibrary
import Dispatch
package import SystemPackage

/// Passes on what a process writes, byte for byte and as it comes, and lets somebody read along.
///
/// Where the destination is a terminal the process gets a terminal too, of the same size, so that it draws and colours
/// as if nobody stood between.
package final class OutputRelay: Sendable {
    /// Is given each piece of the output. Called from one thread, one call after the other.
    package typealias Observer = @Sendable (UnsafeRawBufferPointer) -> Void

    /// What the process writes to. Whoever starts the process closes it afterwards.
    package let input: FileDescriptor
    private let channel: RelayChannel
    private let observer: Observer
    private let queue = DispatchQueue(label: "output-relay")

    /// Begins at once.
    ///
    /// Throws `Errno` where the system gives neither a terminal nor a pipe.
    package init(to destination: FileDescriptor, observer: @escaping Observer) throws(Errno) {
        (channel, input) = try RelayChannel.make(to: destination)
        self.observer = observer
        queue.async { [channel, observer] in channel.relay(observer) }
    }

    /// Waits until everything that was written has been passed on. Call it when the process has ended: what a process
    /// that it left behind writes later is not waited for.
    package func finish() async {
        channel.stop()
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
        channel.close()
    }
}

/// The descriptors of one relay.
private struct RelayChannel: Sendable {
    let destination: FileDescriptor
    let source: FileDescriptor
    let isTerminal: Bool
    /// Becomes readable when nothing more is to be waited for.
    let stopped: FileDescriptor
    private let stopper: FileDescriptor

    static func make(to destination: FileDescriptor) throws(Errno) -> (channel: RelayChannel, input: FileDescriptor) {
        let stop = try pipe()
        do throws(Errno) {
            let terminal = isatty(destination.rawValue) == 1 ? self.terminal(like: destination) : nil
            let (source, input) = if let terminal { terminal } else { try pipe() }
            _ = fcntl(source.rawValue, F_SETFL, O_NONBLOCK)
            let channel = RelayChannel(
                destination: destination,
                source: source,
                isTerminal: terminal != nil,
                stopped: stop.reader,
                stopper: stop.writer
            )
            return (channel, input)
        } catch {
            try? stop.reader.close()
            try? stop.writer.close()
            throw error
        }
    }

    func stop() {
        [UInt8(0)].withUnsafeBytes { _ = write(stopper.rawValue, $0.baseAddress, 1) }
    }

    func close() {
        for descriptor in [source, stopped, stopper] { try? descriptor.close() }
    }

    /// Neither end reaches other processes that are started meanwhile.
    private static func pipe() throws(Errno) -> (reader: FileDescriptor, writer: FileDescriptor) {
        let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
        do {
            ends = try FileDescriptor.pipe()
        } catch {
            throw error as? Errno ?? .ioError
        }
        for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        return (ends.readEnd, ends.writeEnd)
    }

    /// Nil where the system has no terminal to give.
    private static func terminal(
        like destination: FileDescriptor
    ) -> (reader: FileDescriptor, writer: FileDescriptor)? {
        var settings = termios()
        var size = winsize()
        guard tcgetattr(destination.rawValue, &settings) == 0,
            ioctl(destination.rawValue, UInt(TIOCGWINSZ), &size) == 0
        else { return nil }
        // The terminal at the end of the way turns newlines into what it needs, and once is enough.
        settings.c_oflag &= ~tcflag_t(OPOST)
        var (master, slave): (CInt, CInt) = (-1, -1)
        guard openpty(&master, &slave, nil, &settings, &size) == 0 else { return nil }
        for end in [master, slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (FileDescriptor(rawValue: master), FileDescriptor(rawValue: slave))
    }

    /// Reads until nobody can write any more, or all that was there when nothing more was to be waited for has been
    /// read: a process that is left behind may go on writing for ever.
    func relay(_ observer: OutputRelay.Observer) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        // Bytes that are still to be passed on; nil as long as more may come.
        var remaining: Int?
        while remaining != 0 {
            if remaining == nil, isStopped { remaining = waiting }
            let count = read(source.rawValue, buffer.baseAddress, min(buffer.count, remaining ?? buffer.count))
            if count > 0 {
                remaining = remaining.map { $0 - count }
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                pass(piece)
                observer(piece)
            } else if count == 0 {
                return
            } else if errno == EAGAIN {
                if remaining != nil { return }
                waitForMore()
            } else if errno != EINTR {
                // The system's way to say that the last process has closed its end of a terminal.
                return
            }
        }
    }

    /// Whether nothing more is to be waited for.
    private var isStopped: Bool {
        var descriptor = pollfd(fd: stopped.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// How many bytes can be read at once.
    private var waiting: Int {
        var count: CInt = 0
        return ioctl(source.rawValue, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    private func waitForMore() {
        var descriptors = [source, stopped].map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
        // A terminal may have been resized, which nobody tells.
        _ = poll(&descriptors, 2, isTerminal ? 200 : -1)
        if isTerminal { takeOverSize() }
    }

    private func takeOverSize() {
        var (wanted, present) = (winsize(), winsize())
        guard ioctl(destination.rawValue, UInt(TIOCGWINSZ), &wanted) == 0,
            ioctl(source.rawValue, UInt(TIOCGWINSZ), &present) == 0,
            wanted.ws_col != present.ws_col || wanted.ws_row != present.ws_row
        else { return }
        _ = ioctl(source.rawValue, UInt(TIOCSWINSZ), &wanted)
    }

    /// Where nobody reads any more, what is written is lost, as it would be without us.
    private func pass(_ piece: UnsafeRawBufferPointer) {
        var rest = piece[...]
        while !rest.isEmpty {
            let bytes = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(destination.rawValue, bytes.baseAddress, bytes.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var descriptor = pollfd(fd: destination.rawValue, events: Int16(POLLOUT), revents: 0)
                _ = poll(&descriptor, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
