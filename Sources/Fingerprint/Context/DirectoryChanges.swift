/// What the index should know from now on.
package struct DirectoryChanges: Sendable {
    /// Paths relative to the root of the context, and their blobs.
    package var changed: [(directory: [UInt8], records: [UInt8])] = []
    package var removed: [[UInt8]] = []

    package init() {}

    package var isEmpty: Bool { changed.isEmpty && removed.isEmpty }
}
