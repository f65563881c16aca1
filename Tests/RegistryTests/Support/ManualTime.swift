import Registry
import Synchronization

/// A clock that moves only when a caller waits on it, or when it is told to.
final class ManualTime: Sendable {
    private struct State {
        var now: Duration = .zero
        var waits: [Duration] = []
    }

    private let state = Mutex(State())

    /// The waits so far.
    var waits: [Duration] { state.withLock { $0.waits } }

    func advance(by duration: Duration) {
        state.withLock { $0.now += duration }
    }

    /// Without randomness: every wait is the shortest of its kind.
    var time: RegistryTime {
        RegistryTime(
            elapsed: { self.state.withLock { $0.now } },
            sleep: { duration in
                self.state.withLock {
                    $0.now += duration
                    $0.waits.append(duration)
                }
            },
            jitter: { 0 }
        )
    }
}
