/// A JSON array of strings, as in `COPY ["a b", "/"]`.
struct JSONStrings {
    private var rest: ArraySlice<UInt8>

    /// Returns nil if `text` is anything else. BuildKit refuses to build an array of other values.
    static func parse(_ text: [UInt8]) -> [[UInt8]]? {
        var parser = JSONStrings(rest: DockerfileText.trimmed(text[...]))
        return parser.array()
    }

    private mutating func array() -> [[UInt8]]? {
        guard take(UInt8(ascii: "[")) else {
            return nil
        }
        var strings: [[UInt8]] = []
        if !take(UInt8(ascii: "]")) {
            repeat {
                guard let string = string() else {
                    return nil
                }
                strings.append(string)
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else {
                return nil
            }
        }
        skipSpace()
        return rest.isEmpty ? strings : nil
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard rest.first == byte else {
            return false
        }
        rest.removeFirst()
        return true
    }

    private mutating func string() -> [UInt8]? {
        guard take(UInt8(ascii: "\"")) else {
            return nil
        }
        var string: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return string
            case DockerfileText.backslash:
                guard let escaped = escaped() else {
                    return nil
                }
                string += escaped
            case ..<0x20: return nil
            default: string.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> [UInt8]? {
        guard let byte = rest.popFirst() else {
            return nil
        }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return codePoint()
        default: return nil
        }
    }

    private mutating func codePoint() -> [UInt8]? {
        guard let high = hexadecimal() else {
            return nil
        }
        var value = high
        if (0xD800..<0xDC00).contains(high), rest.starts(with: Array("\\u".utf8)) {
            let saved = rest
            rest = rest.dropFirst(2)
            if let low = hexadecimal(), (0xDC00..<0xE000).contains(low) {
                value = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
            } else {
                rest = saved
            }
        }
        // An unpaired surrogate becomes the replacement character, as in Go.
        return Array(String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    }

    private mutating func hexadecimal() -> UInt32? {
        let digits = rest.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }) else {
            return nil
        }
        rest = rest.dropFirst(4)
        return UInt32(DockerfileText.string(digits), radix: 16)
    }
}
