import CLibrary
import Processes
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct OutputRelayTests {
    /// What arrived where it was passed on to, and what the observer was given.
    private func relay(_ write: (FileDescriptor) throws -> Void) async throws -> (passed: [UInt8], observed: [UInt8]) {
        let destination = try FileDescriptor.file(holding: [])
        defer { try? destination.close() }
        let observed = Mutex<[UInt8]>([])
        let relay = try OutputRelay(to: destination) { piece in observed.withLock { $0 += piece } }
        try write(relay.input)
        try? relay.input.close()
        await relay.finish()
        try destination.seek(offset: 0, from: .start)
        var passed: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try destination.read(into: $0) }
            if count == 0 { break }
            passed += buffer[..<count]
        }
        return (passed, observed.withLock { $0 })
    }

    @Test func everyByteIsPassedOnAndSeen() async throws {
        // More than a pipe holds, and with all that a terminal would change.
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let result = try await relay { input in try input.writeAll(bytes) }
        #expect(result.passed == bytes)
        #expect(result.observed == bytes)
    }

    @Test func whatIsWrittenByNobodyIsNothing() async throws {
        let result = try await relay { _ in }
        #expect(result.passed == [])
    }

    @Test func aProcessThatIsLeftBehindIsNotWaitedFor() async throws {
        let destination = try FileDescriptor.file(holding: [])
        defer { try? destination.close() }
        let relay = try OutputRelay(to: destination) { _ in }
        // As long as anybody has this, there could be more.
        let left = try relay.input.duplicate()
        defer { try? left.close() }
        try relay.input.writeAll("last words".utf8)
        try relay.input.close()
        await relay.finish()
        #expect(try destination.seek(offset: 0, from: .end) == 10)
    }

    @Test func whoeverGoesOnWritingIsNotWaitedFor() async throws {
        let destination = try FileDescriptor.open("/dev/null", .writeOnly)
        defer { try? destination.close() }
        let relay = try OutputRelay(to: destination) { _ in }
        let left = relay.input
        let isOver = Mutex(false)
        async let writing: Void = Task.detached {
            // Of no use to anybody once the relay is gone: then there is an error, and no signal.
            signal(SIGPIPE, SIG_IGN)
            let line = [UInt8](repeating: 1, count: 4_096)
            while !isOver.withLock({ $0 }), (try? left.writeAll(line)) != nil {}
            try? left.close()
        }.value
        await relay.finish()
        isOver.withLock { $0 = true }
        await writing
    }

    @Test func whereTheDestinationIsATerminalThereIsOneOfTheSameSize() async throws {
        var (master, slave): (CInt, CInt) = (-1, -1)
        var size = winsize(ws_row: 33, ws_col: 77, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&master, &slave, nil, nil, &size) == 0)
        defer {
            close(master)
            close(slave)
        }
        let observed = Mutex<[UInt8]>([])
        let relay = try OutputRelay(to: FileDescriptor(rawValue: slave)) { piece in observed.withLock { $0 += piece } }
        #expect(isatty(relay.input.rawValue) == 1)
        var found = winsize()
        #expect(ioctl(relay.input.rawValue, UInt(TIOCGWINSZ), &found) == 0)
        #expect(found.ws_row == 33 && found.ws_col == 77)
        try relay.input.writeAll("\u{1B}[34mone\ntwo\r\n".utf8)
        try relay.input.close()
        await relay.finish()
        #expect(observed.withLock { String(decoding: $0, as: UTF8.self) } == "\u{1B}[34mone\ntwo\r\n")
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = read(master, &buffer, buffer.count)
        // The one terminal at the end makes a line's end of each newline, once.
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "\u{1B}[34mone\r\ntwo\r\r\n")
    }

    @Test func aDestinationThatNobodyReadsAnyMoreIsNoReasonToStop() async throws {
        let ends = try FileDescriptor.pipe()
        try ends.readEnd.close()
        defer { try? ends.writeEnd.close() }
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        let observed = Mutex(0)
        let relay = try OutputRelay(to: ends.writeEnd) { piece in observed.withLock { $0 += piece.count } }
        try relay.input.writeAll([UInt8](repeating: 1, count: 200_000))
        try relay.input.close()
        await relay.finish()
        #expect(observed.withLock { $0 } == 200_000)
    }
}
