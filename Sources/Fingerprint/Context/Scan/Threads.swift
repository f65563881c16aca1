import CLibrary

/// Operating-system threads: a scan blocks in system calls, which tasks in Swift's own pool must not do.
enum Threads {
    /// The number of threads that can run at the same time.
    static var processorCount: Int { max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))) }

    private final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on `count` additional threads, and `first` and `meanwhile` on the current one. Returns when all have
    /// ended.
    ///
    /// If the system refuses a thread, fewer do the work. If it refuses every one, the current thread runs `body` after
    /// `first`.
    static func run(
        _ count: Int,
        _ body: @escaping @Sendable () -> Void,
        first: () -> Void,
        meanwhile: () -> Void
    ) {
        var threads: [pthread_t] = []
        for _ in 0..<count {
            let start = Unmanaged.passRetained(Start(body))
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, enter, start.toOpaque())
            guard status == 0 else {
                start.release()
                break
            }
            threads.append(thread)
        }
        first()
        if threads.isEmpty {
            body()
        } else {
            meanwhile()
        }
        for thread in threads {
            pthread_join(thread, nil)
        }
    }

    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { start in
        if let start {
            Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
        }
        return nil
    }
}
