internal import CLibrary

/// Changes many rows in small batches, so that no other writer waits for long.
///
/// SQLite has one write lock, and a process that waits for it retries at intervals. Each batch is therefore a separate
/// transaction. After a batch, the lock stays free for as long as the batch held it.
package struct Batches {
    /// A clock and a way to pause.
    package struct Timing {
        /// The time since an arbitrary moment.
        package let now: () -> Duration
        package let pause: (Duration) -> Void

        package init(now: @escaping () -> Duration, pause: @escaping (Duration) -> Void) {
            self.now = now
            self.pause = pause
        }

        /// This machine's clock.
        package static var system: Timing {
            let start = ContinuousClock.now
            return Timing(now: { ContinuousClock.now - start }) { time in
                let (seconds, attoseconds) = time.components
                usleep(UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
            }
        }
    }

    /// The result of a run.
    package struct Result: Equatable, Sendable {
        /// The number of rows, or pages, that were changed.
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

    /// Calls `change` until it changes fewer rows than its limit, or until time is up. Time is checked after each
    /// batch.
    ///
    /// - Parameter change: changes at most `limit` rows, and returns the number changed
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

/// The number of rows in one batch, adapted to hold the lock for about 20 ms on this machine. No process should have to
/// wait 100 ms.
struct BatchSize: Equatable {
    /// Small at first: on a slow disk, each row may need a separate read.
    private(set) var rows: Int64 = 64

    static let most: Int64 = 8_192

    /// - Parameter held: how long the last batch held the lock
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
