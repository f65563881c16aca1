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
