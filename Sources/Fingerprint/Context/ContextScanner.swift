package import SystemPackage

/// Walks a context and computes its digest.
package struct ContextScanner: Sendable {
    package let root: FilePath
    package let patterns: IgnorePatterns
    /// Whether a file with an unchanged state is not read again. If false, every file is read, and wrong stored hashes
    /// are counted.
    package var usesStoredHashes = true
    /// The part of the context to scan. For a part, ``ScannedContext/digest`` has no meaning.
    package var scope = ScanScope.everything
    package var clock = ScanClock.system
    /// The number of threads that walk and hash.
    package var threads: Int
    /// Called periodically during the walk, on the thread that called ``scan(known:loading:)``.
    package var progress: (@Sendable (ScanProgress) -> Void)?

    /// Polled on the same thread; true ends the scan with ``ContextError/cancelled``.
    package var isCancelled: (@Sendable () -> Bool)?

    /// How many times a context that changes during the walk is scanned before an error is thrown.
    private static let attempts = 3
    private static let pauseBetweenAttempts: UInt64 = 20_000_000
    private static let progressInterval: UInt64 = 100_000_000

    /// Two threads per processor, because a thread that waits for the disk leaves its processor idle. Four times as
    /// many are still faster with a slow disk, but took a sixth longer with everything in memory, because they delay
    /// the thread that reads the index.
    private static var usualThreads: Int { min(32, max(4, 2 * Threads.processorCount)) }

    package init(root: FilePath, patterns: IgnorePatterns) {
        self.root = root
        self.patterns = patterns
        threads = Self.usualThreads
    }

    /// The result of a scan, and the changes to store in the index.
    package struct Outcome: Sendable {
        package let context: ScannedContext
        package let changes: DirectoryChanges
    }

    /// Scans the context, and repeats the scan if the context changes meanwhile.
    ///
    /// - Parameters:
    ///   - known: the directory records from the index.
    ///   - loading: called on this thread once the walk has begun, to fill `known` if it is incomplete.
    package func scan(
        known: KnownDirectories = KnownDirectories(),
        loading: () -> Void = {}
    ) throws(ContextError) -> Outcome {
        var moved: [UInt8] = []
        for attempt in 0..<Self.attempts {
            if attempt > 0 {
                clock.pause(Self.pauseBetweenAttempts)
            }
            do {
                return try scanOnce(known: known, loading: attempt == 0 ? loading : {})
            } catch {
                switch error {
                case .failed(let failure): throw failure
                case .moved(let path): moved = path
                }
            }
        }
        throw .changing(path: root.appending(pathBytes: moved))
    }

    private func scanOnce(
        known: KnownDirectories,
        loading: () -> Void
    ) throws(ScanInterruption) -> Outcome {
        let started = clock.monotonic()
        let scan: Scan
        do {
            scan = try Scan(
                rootPath: root,
                patterns: patterns,
                known: known,
                clock: clock,
                usesStoredHashes: usesStoredHashes,
                scope: scope
            )
        } catch {
            throw .failed(error)
        }
        try scan.run(threads: threads, loading: loading) {
            guard progress != nil || isCancelled != nil else {
                return
            }
            repeat {
                progress?(scan.progress)
                if isCancelled?() == true { scan.interrupt(.failed(.cancelled)) }
            } while !scan.queue.waitUntilDone(nanoseconds: Self.progressInterval)
        }
        progress?(scan.progress)
        var statistics = ScanStatistics()
        var changes = DirectoryChanges()
        var met = Array(repeating: false, count: known.count)
        for result in scan.results {
            statistics.add(result.statistics)
            for number in result.met {
                met[number] = true
            }
            for (path, records) in result.changes {
                if let records {
                    changes.changed.append((path, records))
                } else {
                    changes.removed.append(path)
                }
            }
        }
        changes.removed += known.paths(where: { !met[$0] }).filter { !scan.root.holdsDirectory(at: $0) }
        let walked = clock.monotonic()
        statistics.walkMilliseconds = Double(walked - started) / 1_000_000
        var context = ScannedContext(directories: scan.directories, statistics: statistics)
        context.statistics.digestMilliseconds = Double(clock.monotonic() - walked) / 1_000_000
        return Outcome(context: context, changes: changes)
    }
}

/// The changes to the directory records in the index.
package struct DirectoryChanges: Sendable {
    /// Paths relative to the root of the context, with their blobs.
    package var changed: [(directory: [UInt8], records: [UInt8])] = []
    package var removed: [[UInt8]] = []

    package init() {}

    package var isEmpty: Bool { changed.isEmpty && removed.isEmpty }
}
