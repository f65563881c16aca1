/// An entry of a directory, as the scan keeps it: nothing in it has to be freed.
struct ScanEntry {
    var nameOffset: UInt32
    var nameLength: UInt32
    var type: ContextEntryType
    /// Nothing of it belongs to the context after all: an excluded directory below which nothing was brought back in.
    var isDropped = false
    var permissions: UInt16
    /// The number of the directory in the scan, for directories.
    var directory: UInt32 = 0
    /// In bytes.
    var size: Int64
    /// The hash of the content, of the link's target, or of the directory. For devices, which device.
    var digest: ContextDigest
}
