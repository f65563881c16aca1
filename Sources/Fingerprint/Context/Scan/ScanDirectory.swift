import Crypto
import Synchronization

/// A directory of the context, and what is known of its entries so far.
///
/// One thread lists it; several may hash its files, each writing to entries of its own. That is why the entries lie in
/// plain memory.
final class ScanDirectory: @unchecked Sendable {
    /// Its number in the scan. A parent's is lower than its children's.
    let number: Int
    /// The number of the directory that holds it; for the root, its own. Not a reference: a chain of those as long as a
    /// tree can be deep would overflow the stack when it is freed.
    let parent: Int
    /// Which entry of the parent it is.
    let indexInParent: Int
    /// Which patterns it matches.
    let matches: IgnorePatterns.Matches
    /// It is left out unless something below it belongs to the context.
    let isIncludedIfNeeded: Bool
    /// All below it is looked at. Otherwise it is on the way to something that is.
    let isInScope: Bool
    /// As the listing of the parent saw it.
    let state: FileState

    /// The names of all entries, excluded ones too, each followed by a zero byte.
    private(set) var names = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var entries = UnsafeMutableBufferPointer<ScanEntry>(start: nil, count: 0)

    /// Known early where there are no subdirectories to wait for.
    var digest: ContextDigest?

    /// What is needed until the last of the files is hashed, and only if there is something to remember.
    var pending: PendingRecords?
    /// How many groups of files are still being hashed.
    let unhashedGroups = Atomic<Int>(0)

    init(
        number: Int,
        parent: Int,
        indexInParent: Int,
        matches: IgnorePatterns.Matches,
        isIncludedIfNeeded: Bool,
        isInScope: Bool,
        state: FileState
    ) {
        self.number = number
        self.parent = parent
        self.indexInParent = indexInParent
        self.matches = matches
        self.isIncludedIfNeeded = isIncludedIfNeeded
        self.isInScope = isInScope
        self.state = state
    }

    deinit {
        entries.deallocate()
        names.deallocate()
    }

    /// Takes over what the listing found. To be called once.
    func fill(names: [UInt8], entries found: [ScanEntry]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: names.count, alignment: 1)
        copy.copyBytes(from: names)
        self.names = UnsafeRawBufferPointer(copy)
        entries = .allocate(capacity: found.count)
        _ = entries.initialize(from: found)
    }

    var holdsNoDirectories: Bool { entries.allSatisfy { $0.type != .directory } }

    func withName<Result, Failure: Error>(
        of index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = Int(entries[index].nameOffset)
        return try body(UnsafeRawBufferPointer(rebasing: names[start..<start + Int(entries[index].nameLength)]))
    }
}

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

/// The digest of a directory, from its entries in the order of their names as bytes.
///
/// The encoding: `docker-cache directory 1` and a line feed; then for every entry its type (1 byte), permission bits
/// (4), the length of the name (4), the name, and 32 bytes: the hash of the content or of the link's target, the digest
/// of the subdirectory, or the number of the device padded with zeros. Numbers are little-endian. Every field has a
/// length that is known when it is read, so two different directories never encode alike. Any change of meaning changes
/// the first line.
struct DirectoryDigest {
    private static let preamble = Array("docker-cache directory 1\n".utf8)

    private var bytes: [UInt8] = []

    /// Of a directory all of whose subdirectories have theirs already.
    mutating func callAsFunction(_ directory: ScanDirectory) -> ContextDigest {
        bytes.removeAll(keepingCapacity: true)
        bytes += Self.preamble
        for index in directory.entries.indices where !directory.entries[index].isDropped {
            directory.withName(of: index) { name in
                append(directory.entries[index], name: name)
            }
        }
        return bytes.withUnsafeBytes { bytes in
            var hasher = SHA256()
            hasher.update(bufferPointer: bytes)
            return ContextDigest(hasher.finalize())
        }
    }

    private mutating func append(_ entry: ScanEntry, name: UnsafeRawBufferPointer) {
        bytes.append(entry.type.rawValue)
        withUnsafeBytes(of: UInt32(entry.permissions).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: entry.nameLength.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: name)
        entry.digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
