/// Decodes UTF-8 as Go does: a byte that does not begin a valid sequence becomes one U+FFFD.
///
/// File names need not be UTF-8. Go's regular expressions, which decide what `.dockerignore` excludes, then see U+FFFD.
struct GoRunes: Sequence, IteratorProtocol {
    static let replacement: UInt32 = 0xFFFD

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    static func decode(_ bytes: [UInt8]) -> [UInt32] {
        bytes.withUnsafeBufferPointer { Array(GoRunes($0)) }
    }

    mutating func next() -> UInt32? {
        guard position < bytes.count else {
            return nil
        }
        let first = bytes[position]
        guard first >= 0x80 else {
            position += 1
            return UInt32(first)
        }
        let (value, length) = sequence(startingWith: first)
        position += length
        return value
    }

    /// Returns the value and length of the sequence at the position (Unicode table 3-7, well-formed UTF-8 byte
    /// sequences).
    private func sequence(startingWith first: UInt8) -> (UInt32, Int) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return (Self.replacement, 1)
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else {
            return (Self.replacement, 1)
        }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for index in position + 1..<position + length {
            guard bytes[index] & 0xC0 == 0x80 else {
                return (Self.replacement, 1)
            }
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        return (value, length)
    }
}
