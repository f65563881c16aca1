import CLibrary

extension UnsafeRawBufferPointer {
    /// The eight bytes at `offset` as a little-endian number.
    func number(at offset: Int) -> UInt64 {
        loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
    }

    /// Less than, equal to or greater than zero, by bytes; a prefix comes before what it begins.
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
