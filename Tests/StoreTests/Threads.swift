import CLibrary
import Synchronization

/// Runs `body` on `count` new threads at the same time, and throws the first error.
///
/// Threads rather than tasks, because the code under test waits for locks and changes thread state.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let results = ThreadResults()
    var threads: [pthread_t] = []
    for number in 0..<count {
        let work = ThreadWork {
            do {
                try body(number)
            } catch {
                results.add(error)
            }
        }
        let argument = Unmanaged.passRetained(work)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, runThread, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            throw ThreadsError(code: code)
        }
        threads.append(thread)
    }
    for thread in threads {
        pthread_join(thread, nil)
    }
    if let error = results.first {
        throw error
    }
}

private struct ThreadsError: Error {
    let code: Int32
}

private final class ThreadWork {
    let run: () -> Void

    init(_ run: @escaping () -> Void) {
        self.run = run
    }
}

private final class ThreadResults: Sendable {
    private let errors = Mutex<[any Error]>([])

    var first: (any Error)? {
        errors.withLock { $0.first }
    }

    func add(_ error: any Error) {
        errors.withLock { $0.append(error) }
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument {
        Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().run()
    }
    return nil
}
