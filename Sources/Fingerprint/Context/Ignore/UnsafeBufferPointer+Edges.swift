import CLibrary

extension UnsafeBufferPointer<UInt8> {
    func hasPrefix(_ prefix: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let own = baseAddress, let other = prefix.baseAddress, prefix.count <= count else {
            return prefix.isEmpty
        }
        return memcmp(own, other, prefix.count) == 0
    }

    func hasPrefix(_ prefix: [UInt8]) -> Bool {
        prefix.withUnsafeBufferPointer { hasPrefix($0) }
    }

    func hasSuffix(_ suffix: [UInt8]) -> Bool {
        suffix.count <= count && UnsafeBufferPointer(rebasing: self[(count - suffix.count)...]).hasPrefix(suffix)
    }
}
