import CLibrary
import Dispatch
import Synchronization

/// Turns the signals that end a job into the cancellation of a task, so that the builder is stopped, the lock let go
/// of and the event recorded before the process ends.
package enum CancellationSignal {
    private static let received = Atomic<Int32>(0)

    /// The exit status for a process that was told to end, as a shell has it; nil if it was not.
    package static var exitStatus: Int32? {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? nil : 128 + signal
    }

    /// The signals that ask for the end.
    private static let requests = [SIGTERM, SIGINT, SIGQUIT]

    /// Runs `body` in a task that SIGTERM, SIGINT, SIGQUIT and SIGHUP cancel. A second request ends the process at
    /// once.
    ///
    /// SIGHUP is none: where a job with a pseudo-terminal is cancelled, the agent sends SIGTERM, and when the first
    /// shell has ended, the kernel sends SIGHUP to the rest, milliseconds later.
    package static func cancelling(_ body: @escaping @Sendable () async -> Void) async {
        // The reader of what we write may end before us: that is an error of the write, and no reason to end as well.
        signal(SIGPIPE, SIG_IGN)
        let task = Task { await body() }
        let count = Counter()
        let sources = (requests + [SIGHUP]).map { number in
            // What is ignored here is not ignored by the processes we start: they get the default back.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if number != SIGHUP, count.next() > 1 { _exit(128 + number) }
                let (isFirst, _) = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
                guard isFirst else { return }
                task.cancel()
                // Something that does not end by itself, such as reading from a dead disk, must not hold up the agent.
                DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(15)) { _exit(128 + number) }
            }
            source.resume()
            return source
        }
        await task.value
        sources.forEach { $0.cancel() }
    }

    /// Counts requests: they can come on several threads.
    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)

        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }
}
