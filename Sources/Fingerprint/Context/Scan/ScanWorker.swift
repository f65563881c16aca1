import SystemPackage

/// One thread of a scan.
final class ScanWorker {
    let scan: Scan
    var result = Result()
    /// What a file is read into, in pieces: memory does not grow with the size of files.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ScanWorker.bufferSize, alignment: 4096)
    var digestOf = DirectoryDigest()
    /// The path of the entry that is being looked at.
    var path: [UInt8] = []

    static let bufferSize = 1 << 20
    /// How often the same place is looked at again when it keeps changing.
    static let attempts = 5
    /// How much of a directory one thread hashes at a time; the rest is offered to the others.
    static let groupFiles = 256
    static let groupBytes: Int64 = 8 << 20

    /// What a thread has to say when all is done.
    struct Result: Sendable {
        var statistics = ScanStatistics()
        /// Directories whose blob in the index has to change; nil: it has to go.
        var changes: [(path: [UInt8], records: [UInt8]?)] = []
        /// The known directories that were met, by number.
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

    /// Does `body`; its failure is one that has to do with `path`.
    func noting<Value>(_ path: [UInt8], _ body: () throws(Errno) -> Value) throws(ScanInterruption) -> Value {
        do {
            return try body()
        } catch {
            throw interruption(error, path: path)
        }
    }

    /// The failure to do something with `path`.
    func interruption(_ error: Errno, path: [UInt8]) -> ScanInterruption {
        switch error {
        case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: .moved(path: path)
        default: .failed(.unreadable(path: scan.fullPath(path), reason: error))
        }
    }
}
