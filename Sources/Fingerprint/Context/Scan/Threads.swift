import CLibrary

/// Threads of the operating system: a scan waits in system calls, which tasks of Swift's own pool must not.
enum Threads {
    /// How many can run at the same time.
    static var processorCount: Int { max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))) }

    private final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on `count` threads besides this one, and `first` and `meanwhile` here. Returns when all have ended.
    ///
    /// Where the system refuses a thread, fewer do the work; where it refuses every one, this thread does it after
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
