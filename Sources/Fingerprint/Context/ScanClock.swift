import CLibrary

/// The clocks that a scan uses. Tests can replace them.
package struct ScanClock: Sendable {
    /// Nanoseconds since 1970.
    package let now: @Sendable () -> Int64
    /// Nanoseconds since an arbitrary moment; never goes back.
    package let monotonic: @Sendable () -> UInt64
    /// Waits for the given number of nanoseconds.
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

    /// The clocks of this machine.
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

    /// How long the clock of a file system may stand still, in nanoseconds. Linux uses the time of the last timer
    /// interrupt, which was at most 10 ms ago.
    static let tick: Int64 = 20_000_000

    /// Waits until any further change would give the file a `changed` time that differs from its current one.
    ///
    /// Reading begins only then, so a write during the read is always noticed afterwards, even one in the same clock
    /// tick as the previous write.
    func waitUntilChangeShows(after changed: Int64) {
        // Whole seconds indicate a file system without fractions of a second.
        let step = changed % 1_000_000_000 == 0 ? FileState.settlingTime : Self.tick
        let (age, overflow) = now().subtractingReportingOverflow(changed)
        guard !overflow, age > -step, age < step else {
            return
        }
        pause(UInt64(step - age))
    }
}
