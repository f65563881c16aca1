import Store

/// The index blob of one directory: the states of its files when they were read, and the hashes of their contents.
///
/// Layout, with all numbers little-endian and the names in byte order:
///
///     header   version (1 byte), 7 zero bytes, checksum of the directory's path and of all other bytes here (8),
///              time of writing (8), device (8), number of names (8), number of hashes (8), and the directory's own
///              inode (8), modified (8) and changed (8) when it was listed; these three are zero if it had changed
///              too recently
///     name     length (2), kind (1): 0 a file with a hash, 1 any other entry, 2 a directory; the name; for kind 0:
///              inode (8), mode (4), size (8), modified (8), changed (8), hash (32)
///
/// A blob contains all names of the directory, so an unchanged directory need not be listed again. A damaged blob, or
/// one of another version, is ignored, and the files are read.
struct DirectoryRecords {
    static let version: UInt8 = 3
    static let headerSize = 72
    private static let fieldsSize = 8 + 4 + 8 + 8 + 8 + 32

    enum Kind: UInt8 {
        case hashedFile
        case other
        case directory
    }

    private let bytes: UnsafeRawBufferPointer
    private let device: UInt64
    /// The number of files with a hash.
    let count: Int
    private var position = Self.headerSize

    /// The result of reading a blob.
    enum Reading {
        case sound(DirectoryRecords)
        /// Written by an earlier version, or at a time that is still in the future.
        case outdated
        case damaged
    }

    /// - Parameters:
    ///   - bytes: must outlive the returned value
    ///   - place: the beginning of the checksum, which identifies the directory
    ///   - now: nanoseconds since 1970. Later records are rejected: the clock was set back, so the same file times
    ///     could occur a second time
    static func reading(_ bytes: UnsafeRawBufferPointer, place: Checksum, now: Int64) -> Reading {
        guard let version = bytes.first, version != 0, version <= Self.version else { return .damaged }
        guard version == Self.version else { return .outdated }
        guard bytes.count >= Self.headerSize, bytes.number(at: 8) == checksum(of: bytes, place: place),
            let count = Int(exactly: bytes.number(at: 40))
        else {
            return .damaged
        }
        let isFromLater = Int64(bitPattern: bytes.number(at: 16)) > now
        return isFromLater ? .outdated : .sound(DirectoryRecords(bytes, count: count))
    }

    private init(_ bytes: UnsafeRawBufferPointer, count: Int) {
        self.bytes = bytes
        self.count = count
        device = bytes.number(at: 24)
    }

    /// Returns the checksum of a blob of at least ``headerSize`` bytes, over everything but the checksum itself.
    static func checksum(of bytes: UnsafeRawBufferPointer, place: Checksum) -> UInt64 {
        var checksum = place
        checksum.add(bytes.number(at: 0))
        checksum.add(UnsafeRawBufferPointer(rebasing: bytes[16...]))
        return checksum.value
    }

    private struct Record {
        let kind: Kind
        let name: UnsafeRawBufferPointer
        let fields: Int
        let end: Int
    }

    private func record(at position: Int) -> Record? {
        guard position + 3 <= bytes.count, let kind = Kind(rawValue: bytes[position + 2]) else {
            return nil
        }
        let length = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self).littleEndian)
        let fields = position + 3 + length
        let end = kind == .hashedFile ? fields + Self.fieldsSize : fields
        guard end <= bytes.count else {
            return nil
        }
        return Record(
            kind: kind,
            name: UnsafeRawBufferPointer(rebasing: bytes[(position + 3)..<fields]),
            fields: fields,
            end: end
        )
    }

    /// Returns the hash of the file `name` and the state in which it was hashed, if they are known. Names must be
    /// looked up in ascending order.
    mutating func find(_ name: UnsafeRawBufferPointer) -> (FileState, ContextDigest)? {
        while let record = record(at: position) {
            let order = record.name.compare(name)
            if order > 0 {
                return nil
            }
            position = record.end
            if order == 0 {
                return record.kind == .hashedFile ? fields(at: record.fields) : nil
            }
        }
        return nil
    }

    private func fields(at offset: Int) -> (FileState, ContextDigest)? {
        guard let start = bytes.baseAddress else {
            return nil
        }
        let state = FileState(
            device: device,
            inode: bytes.number(at: offset),
            mode: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self).littleEndian,
            size: Int64(bitPattern: bytes.number(at: offset + 12)),
            modified: Int64(bitPattern: bytes.number(at: offset + 20)),
            changed: Int64(bitPattern: bytes.number(at: offset + 28))
        )
        return (state, ContextDigest(copying: start + offset + 36))
    }

    /// Returns the names in the directory, if `state` is the state in which it was listed.
    func listing(in state: FileState) -> DirectoryListing? {
        guard state.changed != 0, state.device == device, state.inode == bytes.number(at: 48),
            state.modified == Int64(bitPattern: bytes.number(at: 56)),
            state.changed == Int64(bitPattern: bytes.number(at: 64))
        else {
            return nil
        }
        let total = bytes.number(at: 32)
        var listing = DirectoryListing(expecting: Int(clamping: min(total, UInt64(bytes.count))))
        var position = Self.headerSize
        while let record = record(at: position) {
            listing.append(record.name, isDirectory: record.kind == .directory)
            position = record.end
        }
        return listing.entries.count == total ? listing : nil
    }
}
