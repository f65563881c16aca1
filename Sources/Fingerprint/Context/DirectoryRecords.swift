/// The blob that the index keeps for one directory: what its files looked like when they were read, and the hashes of
/// their contents.
///
/// Layout, all numbers little-endian, in the order of the names as bytes:
///
/// header version (1 byte), 7 zero bytes, checksum of what follows (8), moment of writing (8), device (8), count (8)
///     record   name's length (2), name, inode (8), mode (4), size (8), modified (8), changed (8), hash (32)
///
/// A blob that was damaged, or written by another version, is as good as none: ``init(_:)`` returns nil and the files
/// are read.
struct DirectoryRecords {
    static let version: UInt8 = 1
    private static let headerSize = 40
    private static let fixedRecordSize = 2 + 8 + 4 + 8 + 8 + 8 + 32
    static let longestName = Int(UInt16.max)

    private let bytes: UnsafeRawBufferPointer
    private let device: UInt64
    let count: Int
    private var position = Self.headerSize
    private var passed = 0

    /// - Parameter now: nanoseconds since 1970. Records from later are not believed: the clock was set back, and times
    ///   that lie ahead could come a second time.
    /// - Parameter bytes: have to outlive this value.
    init?(_ bytes: UnsafeRawBufferPointer, now: Int64) {
        guard bytes.count >= Self.headerSize, bytes[0] == Self.version,
            bytes.number(at: 8) == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[16...])),
            Int64(bitPattern: bytes.number(at: 16)) <= now,
            let count = Int(exactly: bytes.number(at: 32))
        else {
            return nil
        }
        self.bytes = bytes
        self.count = count
        device = bytes.number(at: 24)
    }

    /// The record of `name`, if there is one. Names have to be asked for in ascending order.
    mutating func find(_ name: UnsafeRawBufferPointer) -> (FileState, ContextDigest)? {
        while passed < count, position + Self.fixedRecordSize <= bytes.count {
            let length = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self).littleEndian)
            guard position + Self.fixedRecordSize + length <= bytes.count else {
                return nil
            }
            let stored = UnsafeRawBufferPointer(rebasing: bytes[(position + 2)..<(position + 2 + length)])
            let order = stored.compare(name)
            if order > 0 {
                return nil
            }
            let fields = position + 2 + length
            position += Self.fixedRecordSize + length
            passed += 1
            if order == 0 {
                return record(at: fields)
            }
        }
        return nil
    }

    private func record(at offset: Int) -> (FileState, ContextDigest)? {
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

    /// Makes a blob, record by record.
    struct Writer {
        private var bytes: [UInt8]
        private(set) var count = 0

        init(device: UInt64, now: Int64, capacity: Int) {
            bytes = []
            bytes.reserveCapacity(DirectoryRecords.headerSize + capacity)
            bytes += [DirectoryRecords.version, 0, 0, 0, 0, 0, 0, 0]
            append(UInt64(0))
            append(UInt64(bitPattern: now))
            append(device)
            append(UInt64(0))
        }

        /// Names have to come in ascending order.
        mutating func append(name: UnsafeRawBufferPointer, state: FileState, digest: ContextDigest) {
            guard name.count <= DirectoryRecords.longestName else {
                return
            }
            append(UInt16(name.count))
            bytes.append(contentsOf: name)
            append(state.inode)
            append(state.mode)
            append(state.size)
            append(state.modified)
            append(state.changed)
            digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
            count += 1
        }

        private mutating func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }

        /// The blob; nil if there is nothing to remember.
        consuming func finish() -> [UInt8]? {
            guard count > 0 else {
                return nil
            }
            var finished = bytes
            finished.withUnsafeMutableBytes { buffer in
                buffer.storeBytes(of: UInt64(count).littleEndian, toByteOffset: 32, as: UInt64.self)
                let sum = Checksum.of(UnsafeRawBufferPointer(rebasing: buffer[16...]))
                buffer.storeBytes(of: sum.littleEndian, toByteOffset: 8, as: UInt64.self)
            }
            return finished
        }
    }
}
