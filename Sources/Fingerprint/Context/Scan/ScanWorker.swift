import SystemPackage

/// One thread of a scan.
final class ScanWorker {
    let scan: Scan
    var result = Result()
    /// The read buffer. Files are read in pieces, so memory does not grow with their size.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ScanWorker.bufferSize, alignment: 4096)
    var digestOf = DirectoryDigest()
    /// The path of the current entry.
    var path: [UInt8] = []

    static let bufferSize = 1 << 20
    /// How many times the same file or directory is read if it keeps changing.
    static let attempts = 5
    /// The files and bytes of a directory that one thread hashes at a time. The rest is queued for other threads.
    static let groupFiles = 256
    static let groupBytes: Int64 = 8 << 20

    /// The result of a thread.
    struct Result: Sendable {
        var statistics = ScanStatistics()
        /// The directories with a changed blob. `records` is nil if the blob must be removed from the index.
        var changes: [(path: [UInt8], records: [UInt8]?)] = []
        /// The numbers of the known directories that were visited.
        var met: [Int] = []
    }

    init(_ scan: Scan) {
        self.scan = scan
    }

    deinit {
        buffer.deallocate()
    }

    func run() {
        while let job = scan.queue.next() {
            do throws(ScanInterruption) {
                switch job {
                case .directory(let directory, let path, let parent):
                    try walk(directory, path: path, parent: parent)
                case .files(let directory, let path, let open, let indices):
                    try hash(indices, of: directory, path: path, in: open)
                }
            } catch {
                scan.interrupt(error)
            }
            scan.queue.finishOne()
        }
    }

    /// Runs `body`, and converts its error to a failure at `path`.
    func noting<Value>(_ path: [UInt8], _ body: () throws(Errno) -> Value) throws(ScanInterruption) -> Value {
        do {
            return try body()
        } catch {
            throw interruption(error, path: path)
        }
    }

    /// Returns the interruption for an operation that failed at `path`.
    func interruption(_ error: Errno, path: [UInt8]) -> ScanInterruption {
        switch error {
        case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: .moved(path: path)
        default: .failed(.unreadable(path: scan.fullPath(path), reason: error))
        }
    }
}
