/// Output for a terminal. Characters that would end a line or control the terminal are written as `\u{1B}`.
package enum PlainText {
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The alignment of a cell in its column.
    package enum Alignment: Sendable {
        case left
        /// For numbers; the first column is still aligned left.
        case right
    }

    /// Aligns rows in columns. Lines are created on demand: all lines of a long table take more memory than its cells.
    ///
    /// - Parameter gap: the number of spaces between two columns
    package static func columns(
        _ rows: [[String]],
        gap: Int = 2,
        alignment: Alignment = .right
    ) -> some RandomAccessCollection<String> {
        let widths = (rows.first ?? []).indices.map { column in rows.map { width($0[column]) }.max() ?? 0 }
        return rows.lazy.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                if column > 0 { line += String(repeating: " ", count: gap) }
                let padding = String(repeating: " ", count: widths[column] - width(cell))
                line += column == 0 || alignment == .left ? cell + padding : padding + cell
            }
            while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
            return line
        }
    }

    /// The number of characters in a string.
    private static func width(_ text: String) -> Int {
        // In ASCII, only CR LF is one character of two bytes.
        let isSimple = text.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\r") }
        return isSimple ? text.utf8.count : text.count
    }
}

extension Bool {
    /// Parses a Boolean as Go's `strconv.ParseBool` does, and thus docker, buildx and BuildKit; nil if it is invalid.
    package init?(go text: some StringProtocol) {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": self = true
        case "0", "f", "F", "FALSE", "false", "False": self = false
        default: return nil
        }
    }
}

extension Sequence<UInt8> {
    /// Two lower-case hex digits for each byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension String {
    /// For forms and queries: everything except the unreserved characters of RFC 3986 as `%XX`.
    package var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
