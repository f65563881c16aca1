import CLibrary

extension UnsafeRawBufferPointer {
    /// Returns the eight bytes at `offset` as a little-endian number.
    func number(at offset: Int) -> UInt64 {
        loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
    }

    /// Compares by bytes. Returns a number less than, equal to or greater than zero; a prefix comes first.
    func compare(_ other: UnsafeRawBufferPointer) -> Int {
        if let own = baseAddress, let theirs = other.baseAddress {
            let order = memcmp(own, theirs, Swift.min(count, other.count))
            if order != 0 {
                return Int(order)
            }
        }
        return count - other.count
    }
}
