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
    }
}
