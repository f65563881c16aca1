#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
            #if canImport(Darwin)
                var thread: pthread_t?
            #else
                var thread = pthread_t()
            #endif
            let status = pthread_create(&thread, nil, enter, start.toOpaque())
            guard status == 0 else {
                start.release()
                break
            }
            #if canImport(Darwin)
                if let thread { threads.append(thread) }
            #else
                threads.append(thread)
            #endif
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

    #if canImport(Darwin)
        private static let enter: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { start in
            Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
            return nil
        }
    #else
        private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { start in
            if let start {
                Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
            }
            return nil
        }
    #endif
}
