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
