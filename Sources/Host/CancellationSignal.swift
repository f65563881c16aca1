import CLibrary
import Dispatch
import Synchronization

/// Turns the signals that end a job into the cancellation of a task, so that the process stops the builder, releases
/// the lock and records the event before it ends.
package enum CancellationSignal {
    private static let received = Atomic<Int32>(0)

    /// The exit status of a process that was told to end, as in a shell; nil if it was not.
    package static var exitStatus: Int32? {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? nil : 128 + signal
    }

    /// The signals that request the end.
    private static let requests = [SIGTERM, SIGINT, SIGQUIT]

    /// Runs `body` in a task that SIGTERM, SIGINT, SIGQUIT and SIGHUP cancel. A second request ends the process at
    /// once.
    ///
    /// SIGHUP is not a request. When a job with a pseudo-terminal is cancelled, the agent sends SIGTERM, and when the
    /// first shell has ended, the kernel sends SIGHUP to the remaining processes, milliseconds later.
    package static func cancelling(_ body: @escaping @Sendable () async -> Void) async {
        // The reader of our output may end before us. That is an error of the write, not a reason to end as well.
        signal(SIGPIPE, SIG_IGN)
        let task = Task { await body() }
        let count = Counter()
        let sources = (requests + [SIGHUP]).map { number in
            // The processes that we start do not inherit this: they get the default back.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if number != SIGHUP, count.next() > 1 { _exit(128 + number) }
                let (isFirst, _) = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
                guard isFirst else { return }
                task.cancel()
                // An operation that does not end, such as reading from a dead disk, must not hold up the agent.
                DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(15)) { _exit(128 + number) }
            }
            source.resume()
            return source
        }
        await task.value
        sources.forEach { $0.cancel() }
    }

    /// Counts requests, which can arrive on several threads.
    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)

        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }
}
