import Store
import Synchronization
import SystemPackage

/// One walk over a context: the state that its threads share.
final class Scan: Sendable {
    let rootPath: FilePath
    let root: OpenDirectory
    let patterns: IgnorePatterns
    let known: KnownDirectories
    let clock: ScanClock
    let usesStoredHashes: Bool
    let scope: ScanScope
    /// The start of the scan, in nanoseconds since 1970.
    let startedAt: Int64

    let queue = WorkQueue<ScanJob>()
    let filesDone = Atomic<Int>(0)
    let bytesRead = Atomic<Int>(0)
    private let rootChecksum: Checksum
    private let shared = Mutex(Shared())

    private struct Shared {
        var directories: [ScanDirectory] = []
        var interruption: ScanInterruption?
        var results: [ScanWorker.Result] = []
    }

    init(
        rootPath: FilePath,
        patterns: IgnorePatterns,
        known: KnownDirectories,
        clock: ScanClock,
        usesStoredHashes: Bool,
        scope: ScanScope
    ) throws(ContextError) {
        self.rootPath = rootPath
        self.patterns = patterns
        self.known = known
        self.clock = clock
        self.usesStoredHashes = usesStoredHashes
        self.scope = scope
        startedAt = clock.now()
        var checksum = Checksum()
        // A root that cannot be resolved is not scanned either.
        (ResolvedPath.resolve(rootPath)?.pathBytes ?? []).withUnsafeBytes { checksum.add($0) }
        rootChecksum = checksum
        do {
            root = try OpenDirectory(root: rootPath)
            let state = try root.state()
            let found = Found(
                indexInParent: 0,
                matches: .root,
                isIncludedIfNeeded: false,
                isInScope: scope == .everything,
                state: state
            )
            _ = add([found], to: 0)
        } catch {
            throw [.noSuchFileOrDirectory, .notDirectory].contains(error)
                ? .noDirectory(root: rootPath) : .unreadable(path: rootPath, reason: error)
        }
    }

    /// A directory found in a listing.
    struct Found {
        let indexInParent: Int
        let matches: IgnorePatterns.Matches
        let isIncludedIfNeeded: Bool
        let isInScope: Bool
        let state: FileState
    }

    func add(_ found: [Found], to parent: Int) -> [ScanDirectory] {
        shared.withLock { shared in
            let added = found.enumerated().map { offset, found in
                ScanDirectory(
                    number: shared.directories.count + offset,
                    parent: parent,
                    indexInParent: found.indexInParent,
                    matches: found.matches,
                    isIncludedIfNeeded: found.isIncludedIfNeeded,
                    isInScope: found.isInScope,
                    state: found.state
                )
            }
            shared.directories += added
            return added
        }
    }

    /// All directories, by number.
    var directories: [ScanDirectory] { shared.withLock { $0.directories } }

    /// The results of the threads that have finished.
    var results: [ScanWorker.Result] { shared.withLock { $0.results } }

    /// Walks and hashes on `threads` threads, and calls `loading`, then `meanwhile`, on the current one.
    func run(threads: Int, loading: () -> Void, meanwhile: () -> Void) throws(ScanInterruption) {
        queue.add(directories.map { .directory($0, path: [], parent: nil) })
        Threads.run(threads) {
            let worker = ScanWorker(self)
            worker.run()
            self.shared.withLock { $0.results.append(worker.result) }
        } first: {
            loading()
        } meanwhile: {
            meanwhile()
        }
        if let interruption = shared.withLock({ $0.interruption }) {
            throw interruption
        }
    }

    /// Records why the scan cannot continue. A failure takes precedence over a move. Otherwise the first reason is
    /// kept, because later ones may follow from it.
    func interrupt(_ interruption: ScanInterruption) {
        shared.withLock { shared in
            switch (shared.interruption, interruption) {
            case (nil, _), (.moved, .failed): shared.interruption = interruption
            default: break
            }
        }
        queue.stop()
    }

    var progress: ScanProgress {
        ScanProgress(files: filesDone.load(ordering: .relaxed), bytes: bytesRead.load(ordering: .relaxed))
    }

    func fullPath(_ path: [UInt8]) -> FilePath {
        rootPath.appending(pathBytes: path)
    }

    /// Returns the beginning of the checksum of a directory's records, which ties them to one directory of one
    /// checkout.
    func place(of path: [UInt8]) -> Checksum {
        var checksum = rootChecksum
        path.withUnsafeBytes { checksum.add($0) }
        return checksum
    }
}

/// The progress of a scan.
package struct ScanProgress: Sendable, Equatable {
    /// The number of files with a known hash.
    package let files: Int
    /// The number of bytes read so far.
    package let bytes: Int

    package init(files: Int, bytes: Int) {
        self.files = files
        self.bytes = bytes
    }
}

/// A unit of work in a scan.
enum ScanJob {
    /// Lists a directory. `parent` is nil if too many directories are open; the directory is then opened from the root.
    case directory(ScanDirectory, path: [UInt8], parent: OpenDirectory?)
    /// Hashes some files of a directory, given by their indices among its entries.
    case files(ScanDirectory, path: [UInt8], OpenDirectory, [Int])
}

/// The reason why a scan stopped.
enum ScanInterruption: Error {
    case failed(ContextError)
    /// A listed entry is gone or has another type now. A new scan may succeed.
    case moved(path: [UInt8])
}

/// The amount of work that a scan did, and its results that are not part of the digest.
package struct ScanStatistics: Sendable, Equatable {
    /// The number of context entries visited, including directories.
    package var walked = 0
    /// The number of files among them.
    package var files = 0
    /// The number of files that were read.
    package var hashed = 0
    /// The number of files with a hash from the index.
    package var reused = 0
    package var bytesRead = 0
    /// The time of the last change to anything in scope, by the clock of its file system, in nanoseconds since 1970.
    /// Every later change raises it, even one that restores the old content.
    package var newestChange: Int64 = 0
    /// The number of files with a wrong stored hash although their state had not changed. Detected only if everything
    /// is read.
    package var wrongStoredHashes = 0
    /// The number of directories with a wrong checksum of their records in the index, so that their files were read.
    package var damagedRecords = 0
    /// The milliseconds for reading the index, for walking and hashing, for computing the final digest, and for writing
    /// to the index.
    package var loadMilliseconds = 0.0
    package var walkMilliseconds = 0.0
    package var digestMilliseconds = 0.0
    package var saveMilliseconds = 0.0

    package init() {}

    /// Adds the work of another thread. Times are not added, because the threads run in parallel.
    mutating func add(_ other: ScanStatistics) {
        walked += other.walked
        files += other.files
        hashed += other.hashed
        reused += other.reused
        bytesRead += other.bytesRead
        newestChange = max(newestChange, other.newestChange)
        wrongStoredHashes += other.wrongStoredHashes
        damagedRecords += other.damagedRecords
    }
}
