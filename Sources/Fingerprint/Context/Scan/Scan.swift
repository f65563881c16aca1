import Store
import Synchronization
import SystemPackage

/// One walk over a context: what its threads share.
final class Scan: Sendable {
    let rootPath: FilePath
    let root: OpenDirectory
    let patterns: IgnorePatterns
    let known: KnownDirectories
    let clock: ScanClock
    let usesStoredHashes: Bool
    let scope: ScanScope
    /// When the scan began, in nanoseconds since 1970.
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
        // What cannot be resolved is not scanned either.
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

    /// A directory that a listing found.
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

    /// What each thread had to say.
    var results: [ScanWorker.Result] { shared.withLock { $0.results } }

    /// Walks and hashes with `threads` threads and calls `loading`, then `meanwhile` on this one.
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

    /// Notes why the scan cannot go on; a failure says more than a move, and the first says more than what follows from
    /// it.
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

    /// What the checksum of a directory's records begins with: they belong to one directory of one checkout.
    func place(of path: [UInt8]) -> Checksum {
        var checksum = rootChecksum
        path.withUnsafeBytes { checksum.add($0) }
        return checksum
    }
}

/// How far a scan has come.
package struct ScanProgress: Sendable, Equatable {
    /// Files whose hash is known.
    package let files: Int
    /// Bytes read so far.
    package let bytes: Int

    package init(files: Int, bytes: Int) {
        self.files = files
        self.bytes = bytes
    }
}

/// A piece of the work of a scan.
enum ScanJob {
    /// List a directory. `parent` is nil if too many directories are open already; it is then found from the root.
    case directory(ScanDirectory, path: [UInt8], parent: OpenDirectory?)
    /// Hash some files of a directory, by their numbers among its entries.
    case files(ScanDirectory, path: [UInt8], OpenDirectory, [Int])
}

/// Why a thread of a scan gave up.
enum ScanInterruption: Error {
    case failed(ContextError)
    /// What was listed is not there any more, or is something else now: a new scan may succeed.
    case moved(path: [UInt8])
}

/// What a scan had to do.
package struct ScanStatistics: Sendable, Equatable {
    /// Entries of the context that were looked at, directories included.
    package var walked = 0
    /// Files among them.
    package var files = 0
    /// Files that were read.
    package var hashed = 0
    /// Files whose hash came from the index.
    package var reused = 0
    package var bytesRead = 0
    /// When the last of what counts was changed, by the clock of its file system, in nanoseconds since 1970. Whatever
    /// is changed later raises it, also if it is changed back.
    package var newestChange: Int64 = 0
    /// Files whose stored hash was wrong although nothing about their state told so. Looked for only when everything is
    /// read.
    package var wrongStoredHashes = 0
    /// Directories whose records in the index did not match their checksum, so that their files were read.
    package var damagedRecords = 0
    /// Milliseconds it took to read the index, to walk and hash, to make one digest of it all, and to write to the
    /// index.
    package var loadMilliseconds = 0.0
    package var walkMilliseconds = 0.0
    package var digestMilliseconds = 0.0
    package var saveMilliseconds = 0.0

    package init() {}

    /// Adds what another thread did. Times are not added: the threads run side by side.
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
