/// The client's source of elapsed time, waits and randomness.
package struct RegistryTime: Sendable {
    /// The time since an arbitrary but fixed moment. Never decreases.
    package let elapsed: @Sendable () -> Duration
    /// Waits for a duration. Throws `CancellationError` if the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// A random number from 0 up to 1, without 1.
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

    /// The time and randomness of this machine.
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
