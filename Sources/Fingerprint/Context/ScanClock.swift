import CLibrary

/// The times that a scan needs, so that tests can set them.
package struct ScanClock: Sendable {
    /// Nanoseconds since 1970.
    package let now: @Sendable () -> Int64
    /// Nanoseconds since some moment; never goes back.
    package let monotonic: @Sendable () -> UInt64
    /// Waits for so many nanoseconds.
    package let pause: @Sendable (UInt64) -> Void

    package init(
        now: @escaping @Sendable () -> Int64,
        monotonic: @escaping @Sendable () -> UInt64,
        pause: @escaping @Sendable (UInt64) -> Void
    ) {
        self.now = now
        self.monotonic = monotonic
        self.pause = pause
    }

    /// The clocks of the machine.
    package static let system = ScanClock(
        now: { read(CLOCK_REALTIME) },
        monotonic: { UInt64(read(CLOCK_MONOTONIC)) },
        pause: { nanoseconds in
            var time = timespec(
                tv_sec: time_t(nanoseconds / 1_000_000_000),
                tv_nsec: Int(nanoseconds % 1_000_000_000)
            )
            var rest = timespec()
            while nanosleep(&time, &rest) != 0, errno == EINTR {
                time = rest
            }
        }
    )

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return FileState.nanoseconds(time)
    }

    /// How long the clock of a file system may stand still, in nanoseconds. Linux stamps with the time of the last
    /// timer interrupt, at most 10 ms back.
    static let tick: Int64 = 20_000_000

    /// Waits until a change from now on gives a file another `changed` time than the one it has.
    ///
    /// Reading begins only then: a write during the read is sure to be noticed afterwards, even one in the tick of the
    /// write before.
    func waitUntilChangeShows(after changed: Int64) {
        // Whole seconds tell of a file system that keeps no fractions.
        let step = changed % 1_000_000_000 == 0 ? FileState.settlingTime : Self.tick
        let (age, overflow) = now().subtractingReportingOverflow(changed)
        guard !overflow, age > -step, age < step else {
            return
        }
        pause(UInt64(step - age))
    }
}
