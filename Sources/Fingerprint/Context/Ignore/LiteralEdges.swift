import CLibrary

/// The bytes that every match of an expression begins and ends with: a quick way to say no.
struct LiteralEdges: Equatable {
    private(set) var prefix: [UInt8] = []
    private(set) var suffix: [UInt8] = []

    init(_ expression: Expression) {
        guard case .sequence(let items) = expression else {
            return
        }
        if case .assertion(.beginning) = items.first {
            prefix = Self.literals(items.dropFirst())
        }
        if case .assertion(.end) = items.last {
            suffix = Self.literals(items.dropLast().reversed()).reversed()
        }
    }

    /// The leading items that stand for one ASCII character. (A longer character would need its bytes in order, and
    /// U+FFFD also stands for any stray byte.)
    private static func literals(_ items: some Sequence<Expression>) -> [UInt8] {
        var bytes: [UInt8] = []
        for item in items {
            guard case .one(let set) = item, !set.isNegated, set.categories.isEmpty, set.ranges.count == 1,
                set.ranges[0].count == 1, let byte = UInt8(exactly: set.ranges[0].lowerBound), byte < 0x80
            else {
                break
            }
            bytes.append(byte)
        }
        return bytes
    }
}

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
