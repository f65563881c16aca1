package import SystemPackage

/// Walks a context and makes its digest.
package struct ContextScanner: Sendable {
    package let root: FilePath
    package let patterns: IgnorePatterns
    /// Whether a file whose state is what it was need not be read. Otherwise everything is read, and a stored hash that
    /// was wrong is counted.
    package var usesStoredHashes = true
    /// Which part of the context is looked at. Of a part, ``ScannedContext/digest`` means nothing.
    package var scope = ScanScope.everything
    package var clock = ScanClock.system
    /// How many threads walk and hash.
    package var threads: Int
    /// Called now and then on the thread that called ``scan(known:)``, from the start of the walk to its end.
    package var progress: (@Sendable (ScanProgress) -> Void)?

    /// Asked now and then on the same thread; true ends the scan with ``ContextError/cancelled``.
    package var isCancelled: (@Sendable () -> Bool)?

    /// A context that moves under the walk is walked so often before that becomes an error.
    private static let attempts = 3
    private static let pauseBetweenAttempts: UInt64 = 20_000_000
    private static let progressInterval: UInt64 = 100_000_000

    /// Two for each processor, because a reader that waits for the disk leaves its processor idle. Four times as many
    /// read faster from a slow disk still, but took a sixth longer where everything was in memory: they keep the thread
    /// that reads the index from its work.
    private static var usualThreads: Int { min(32, max(4, 2 * Threads.processorCount)) }

    package init(root: FilePath, patterns: IgnorePatterns) {
        self.root = root
        self.patterns = patterns
        threads = Self.usualThreads
    }

    /// What there is, and what the index should know of it from now on.
    package struct Outcome: Sendable {
        package let context: ScannedContext
        package let changes: DirectoryChanges
    }

    /// - Parameters:
    ///   - known: what the index knows.
    ///   - loading: called on this thread when the walk has begun, to fill `known` if that is not complete.
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

/// What the index should know from now on.
package struct DirectoryChanges: Sendable {
    /// Paths relative to the root of the context, and their blobs.
    package var changed: [(directory: [UInt8], records: [UInt8])] = []
    package var removed: [[UInt8]] = []

    package init() {}

    package var isEmpty: Bool { changed.isEmpty && removed.isEmpty }
}
