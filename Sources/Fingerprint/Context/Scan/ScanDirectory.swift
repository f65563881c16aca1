import Crypto
import Synchronization

/// A directory of the context, with the information about its entries so far.
///
/// One thread lists it. Several may hash its files, each writing only to its own entries. That is why the entries are
/// in unmanaged memory.
final class ScanDirectory: @unchecked Sendable {
    /// The directory's number in the scan. A parent's number is lower than its children's.
    let number: Int
    /// The number of the parent directory; for the root, its own number. Not a reference: a deep tree would form a
    /// chain of references that overflows the stack when it is freed.
    let parent: Int
    /// The index of this directory among the parent's entries.
    let indexInParent: Int
    /// The patterns that it matches.
    let matches: IgnorePatterns.Matches
    /// Whether it is excluded unless something below it belongs to the context.
    let isIncludedIfNeeded: Bool
    /// Whether everything below it is scanned. Otherwise it is only on the way to something in scope.
    let isInScope: Bool
    /// The state seen by the listing of the parent.
    let state: FileState

    /// The names of all entries, including excluded ones, each followed by a zero byte.
    private(set) var names = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var entries = UnsafeMutableBufferPointer<ScanEntry>(start: nil, count: 0)

    /// Set early if there are no subdirectories to wait for.
    var digest: ContextDigest?

    /// The data needed until the last file is hashed. Set only if there is something to store.
    var pending: PendingRecords?
    /// The number of groups of files that are still being hashed.
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

    /// Stores the result of the listing. Must be called once.
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

/// An entry of a directory during the scan. It contains nothing that must be freed.
struct ScanEntry {
    var nameOffset: UInt32
    var nameLength: UInt32
    var type: ContextEntryType
    /// Whether the entry does not belong to the context after all: an excluded directory with nothing included below
    /// it.
    var isDropped = false
    var permissions: UInt16
    /// For directories, the number of the directory in the scan.
    var directory: UInt32 = 0
    /// The size in bytes.
    var size: Int64
    /// The hash of the content or of the link's target, or the digest of the directory. For devices, the device number.
    var digest: ContextDigest
}

/// Computes the digest of a directory from its entries, in the order of their names as bytes.
///
/// The encoding: `docker-cache directory 1` and a line feed; then for every entry its type (1 byte), permission bits
/// (4), the length of the name (4), the name, and 32 bytes: the hash of the content or of the link's target, the digest
/// of the subdirectory, or the device number padded with zeros. Numbers are little-endian. The length of every field is
/// known when it is read, so two different directories never encode alike. Any change of meaning changes the first
/// line.
struct DirectoryDigest {
    private static let preamble = Array("docker-cache directory 1\n".utf8)

    private var bytes: [UInt8] = []

    /// Returns the digest of a directory. All its subdirectories must already have their digests.
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
