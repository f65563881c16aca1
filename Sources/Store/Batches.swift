internal import CLibrary

/// Changes many rows a few at a time, so that no one who writes a row waits for long.
///
/// SQLite has one write lock, and a process that waits for it asks again every now and then. So each batch is a
/// transaction of its own, and after it the lock is free for as long as it was held.
package struct Batches {
    /// What tells the time and lets it pass.
    package struct Timing {
        /// Counts from any moment on.
        package let now: () -> Duration
        package let pause: (Duration) -> Void

        package init(now: @escaping () -> Duration, pause: @escaping (Duration) -> Void) {
            self.now = now
            self.pause = pause
        }

        /// The clock of this machine.
        package static var system: Timing {
            let start = ContinuousClock.now
            return Timing(now: { ContinuousClock.now - start }) { time in
                let (seconds, attoseconds) = time.components
                usleep(UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
            }
        }
    }

    /// What happened to it.
    package struct Result: Equatable, Sendable {
        /// How many rows, or pages, were changed.
        package var count: Int64 = 0
        /// Whether nothing is left to do.
        package var isComplete = false

        package init(count: Int64 = 0, isComplete: Bool = false) {
            self.count = count
            self.isComplete = isComplete
        }
    }

    let database: Database
    let timing: Timing

    init(_ database: Database, timing: Timing = .system) {
        self.database = database
        self.timing = timing
    }

    /// Calls `change` until it has less to change than it may, or until time is up, which is asked after each batch.
    ///
    /// - Parameter change: changes at most that many, and returns how many it was
    func run(
        until isTimeUp: () -> Bool,
        _ change: (_ limit: Int64) throws -> Int64
    ) throws -> Result {
        var size = BatchSize()
        var result = Result()
        while true {
            let (changed, time) = try database.immediateTransaction {
                let start = timing.now()
                return (try change(size.rows), start)
            }
            let held = timing.now() - time
            result.count += changed
            if changed < size.rows {
                result.isComplete = true
                return result
            }
            if isTimeUp() { return result }
            timing.pause(min(max(held, .milliseconds(1)), .milliseconds(100)))
            size.adapt(after: held)
        }
    }
}

/// How many rows are changed in one go: as many as keep the lock for some 20 ms on this machine. No one may have to
/// wait for 100 ms.
struct BatchSize: Equatable {
    /// Few to begin with: on a slow disk each of them may have to be read.
    private(set) var rows: Int64 = 64

    static let most: Int64 = 8_192

    /// - Parameter held: how long the last batch had the lock
    mutating func adapt(after held: Duration) {
        if held > .milliseconds(40) {
            rows = max(rows / 4, 1)
        } else if held > .milliseconds(20) {
            rows = max(rows * 2 / 3, 1)
        } else if held < .milliseconds(10) {
            rows = min(rows * 2, Self.most)
        }
    }
}
