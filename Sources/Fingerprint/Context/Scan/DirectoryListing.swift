import CLibrary
import SystemPackage

/// The names in a directory, sorted as bytes.
struct DirectoryListing {
    struct Name {
        /// The offset of the name in ``names``. A zero byte follows the name.
        var offset: UInt32
        var length: UInt32
        /// Whether it is a directory according to the listing, which saves a `stat` of excluded files; nil if the
        /// listing has no types.
        var isDirectory: Bool?
    }

    /// All names, each followed by a zero byte.
    private(set) var names: [UInt8] = []
    private(set) var entries: [Name] = []

    /// Creates an empty list, to be filled in ascending order.
    init(expecting count: Int) {
        entries.reserveCapacity(count)
        names.reserveCapacity(count * 16)
    }

    init(_ directory: OpenDirectory) throws(Errno) {
        // fdopendir takes ownership of its descriptor, and a copy made by dup would share the read position.
        let copy = openat(directory.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else {
            throw Errno(rawValue: errno)
        }
        guard let stream = fdopendir(copy) else {
            let failure = Errno(rawValue: errno)
            close(copy)
            throw failure
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                break
            }
            append(entry)
        }
        guard errno == 0 else {
            throw Errno(rawValue: errno)
        }
        sort()
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0

    private mutating func append(_ entry: UnsafeMutablePointer<dirent>) {
        let name = UnsafeRawPointer(entry) + Self.nameOffset
        let length = strlen(name.assumingMemoryBound(to: CChar.self))
        let bytes = UnsafeRawBufferPointer(start: name, count: length + 1)
        let isDot = bytes[0] == UInt8(ascii: ".")
        if isDot, length == 1 || (length == 2 && bytes[1] == UInt8(ascii: ".")) {
            return
        }
        let type = CInt(entry.pointee.d_type)
        append(
            UnsafeRawBufferPointer(rebasing: bytes.dropLast()),
            isDirectory: type == CInt(DT_UNKNOWN) ? nil : type == CInt(DT_DIR)
        )
    }

    mutating func append(_ name: UnsafeRawBufferPointer, isDirectory: Bool?) {
        entries.append(
            Name(offset: UInt32(names.count), length: UInt32(name.count), isDirectory: isDirectory)
        )
        names.append(contentsOf: name)
        names.append(0)
    }

    private mutating func sort() {
        names.withUnsafeBytes { names in
            func bytes(_ name: Name) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: names[Int(name.offset)..<Int(name.offset + name.length)])
            }
            entries.sort { bytes($0).compare(bytes($1)) < 0 }
        }
    }
}

/// The contents of a directory that did not change while it was read.
struct DirectoryContents {
    let listing: DirectoryListing
    var entries: [ScanEntry] = []
    /// For each entry, the state that belongs to its reused hash; nil if no hash was reused.
    var states: [FileState?] = []
    var directories: [Scan.Found] = []
    /// Files that must be read.
    var unread: [(index: Int, size: Int64)] = []
    var carried: [PendingRecords.Carried] = []
    /// Whether the index has a blob.
    var wasKnown = false
    /// Whether that blob is damaged, outdated or dated in the future.
    var isUnusable = false
    /// The number of records in the blob, and how many of them are still valid.
    var recordsKnown = 0
    var recordsReused = 0
    /// See ``ScanStatistics/newestChange``.
    var newestChange: Int64 = 0

    /// The state of the directory when it was listed; nil if it had changed too recently for the list to be reliable.
    var listedIn: FileState?
    /// Whether the list came from the index.
    var isListingKnown = false

    init(_ listing: DirectoryListing) {
        self.listing = listing
        entries.reserveCapacity(listing.entries.count)
        states.reserveCapacity(listing.entries.count)
    }
}
