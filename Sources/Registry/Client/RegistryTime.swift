/// Time as the client sees it: what has passed, how to wait, and chance for how long exactly.
package struct RegistryTime: Sendable {
    /// What has passed since some moment that stays the same. Never runs backwards.
    package let elapsed: @Sendable () -> Duration
    /// Waits that long. Throws `CancellationError` if the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// Chance: from 0 up to 1, without 1.
    package let jitter: @Sendable () -> Double

    package init(
        elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        jitter: @escaping @Sendable () -> Double
    ) {
        self.elapsed = elapsed
        self.sleep = sleep
        self.jitter = jitter
    }

    /// The machine's own time and chance.
    package static func ofThisMachine() -> RegistryTime {
        let clock = ContinuousClock()
        let start = clock.now
        return RegistryTime(
            elapsed: { clock.now - start },
            sleep: { try await clock.sleep(for: $0) },
            jitter: { Double.random(in: 0..<1) }
        )
    }
}
