import Fingerprint
import Formatting
import Host
import Synchronization
import SystemPackage

/// Shows the progress of hashing a context: on a terminal as a line that redraws itself, in a log as a line at
/// intervals. Shows nothing during the first second.
final class HashingProgress: Sendable {
    /// What displays standard error.
    enum Reader: Sendable {
        case terminal
        case log

        /// The interval between two lines.
        package var interval: Duration {
            switch self {
            case .terminal: .milliseconds(200)
            case .log: .seconds(5)
            }
        }
    }

    private let reader: Reader
    private let started: ContinuousClock.Instant
    private let write: @Sendable (String) -> Void
    private let lastShown = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - started: when the hashing began
    ///   - write: writes text unchanged to where the reader looks
    package init(for reader: Reader, started: ContinuousClock.Instant, write: @escaping @Sendable (String) -> Void) {
        self.reader = reader
        self.started = started
        self.write = write
    }

    /// Shows `progress` if the interval has passed.
    package func update(_ progress: ScanProgress, now: ContinuousClock.Instant) {
        let elapsed = now - started
        guard elapsed >= .seconds(1) else { return }
        let isDue = lastShown.withLock { last in
            if let last, now - last < reader.interval { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let text = "Hashing the context: \(Self.text(progress, elapsed: elapsed))"
        switch reader {
        // Go back to the beginning of the line, and clear the rest of a longer one: ECMA-48, EL.
        case .terminal: write("\r\(text)\u{1B}[K")
        case .log: write("docker-cache: \(text)\n")
        }
    }

    /// Removes the line from a terminal.
    package func finish() {
        guard case .terminal = reader, lastShown.withLock({ $0 }) != nil else { return }
        write("\r\u{1B}[K")
    }

    /// Such as `12,345 files, 1.2 GB, 310 MB/s`.
    package static func text(_ progress: ScanProgress, elapsed: Duration) -> String {
        let seconds = max(Double(elapsed.wholeMilliseconds) / 1000, 0.001)
        let (size, rate) = (Int64(progress.bytes), Int64(Double(progress.bytes) / seconds))
        return "\(grouped(progress.files)) files, \(Quantity.bytes(size)), \(Quantity.bytes(rate))/s"
    }

    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text += "," }
            text.append(digit.element)
        }
    }
}

extension HashingProgress.Reader {
    /// A terminal redraws; anything else keeps every line.
    package static func of(_ descriptor: FileDescriptor) -> HashingProgress.Reader {
        Terminal.isTerminal(descriptor) ? .terminal : .log
    }
}
