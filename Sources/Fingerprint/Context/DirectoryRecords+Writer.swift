import Store

extension DirectoryRecords {
    /// Builds a blob. Names must be appended in ascending order.
    struct Writer {
        private var bytes: [UInt8] = []
        private var names = 0
        private var hashes = 0
        private let isListed: Bool

        /// - Parameters:
        ///   - listed: the state of the directory when it was listed; nil if the list is not reliable.
        ///   - now: nanoseconds since 1970.
        ///   - capacity: the approximate number of bytes for the names and records.
        init(device: UInt64, listed: FileState?, now: Int64, capacity: Int) {
            isListed = listed != nil
            bytes.reserveCapacity(DirectoryRecords.headerSize + capacity)
            bytes += [DirectoryRecords.version, 0, 0, 0, 0, 0, 0, 0]
            append(UInt64(0))
            append(now)
            append(device)
            append(UInt64(0))
            append(UInt64(0))
            append(listed?.inode ?? 0)
            append(listed?.modified ?? 0)
            append(listed?.changed ?? 0)
        }

        /// Appends a file with a known hash.
        mutating func append(name: UnsafeRawBufferPointer, state: FileState, digest: ContextDigest) {
            append(name: name, kind: .hashedFile)
            append(state.inode)
            append(state.mode)
            append(state.size)
            append(state.modified)
            append(state.changed)
            digest.withUnsafeBytes { bytes.append(contentsOf: $0) }
            hashes += 1
        }

        /// Appends any other entry, for the list of names.
        mutating func append(name: UnsafeRawBufferPointer, isDirectory: Bool) {
            append(name: name, kind: isDirectory ? .directory : .other)
        }

        private mutating func append(name: UnsafeRawBufferPointer, kind: Kind) {
            append(UInt16(truncatingIfNeeded: name.count))
            bytes.append(kind.rawValue)
            bytes.append(contentsOf: name)
            names += 1
        }

        private mutating func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }

        /// Returns the blob; nil if there is nothing to store.
        ///
        /// - Parameter place: the beginning of the checksum, which identifies the directory
        consuming func finish(place: Checksum) -> [UInt8]? {
            guard hashes > 0 || isListed else {
                return nil
            }
            var finished = bytes
            finished.withUnsafeMutableBytes { buffer in
                buffer.storeBytes(of: UInt64(names).littleEndian, toByteOffset: 32, as: UInt64.self)
                buffer.storeBytes(of: UInt64(hashes).littleEndian, toByteOffset: 40, as: UInt64.self)
                let sum = DirectoryRecords.checksum(of: UnsafeRawBufferPointer(buffer), place: place)
                buffer.storeBytes(of: sum.littleEndian, toByteOffset: 8, as: UInt64.self)
            }
            return finished
        }
    }
}
