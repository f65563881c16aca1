/// What a directory held when it stood still.
struct DirectoryContents {
    let listing: DirectoryListing
    var entries: [ScanEntry] = []
    /// For each entry the state in which its hash was taken over; nil where there is none.
    var states: [FileState?] = []
    var directories: [Scan.Found] = []
    /// Files that have to be read.
    var unread: [(index: Int, size: Int64)] = []
    var carried: [PendingRecords.Carried] = []
    /// The index has a blob.
    var wasKnown = false
    /// The blob cannot be read, or is from a time that is yet to come.
    var isDamaged = false
    /// How many records the blob has, and how many of them still hold.
    var recordsKnown = 0
    var recordsReused = 0
    /// See ``ScanStatistics/newestChange``.
    var newestChange: Int64 = 0

    /// The state of the directory when it was listed; nil if it changed too short a time before to rely on the list.
    var listedIn: FileState?
    /// The list came from the index.
    var isListingKnown = false

    init(_ listing: DirectoryListing) {
        self.listing = listing
        entries.reserveCapacity(listing.entries.count)
        states.reserveCapacity(listing.entries.count)
    }
}
