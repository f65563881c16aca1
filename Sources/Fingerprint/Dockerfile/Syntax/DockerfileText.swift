/// The byte functions that every part of the Dockerfile parser needs, with Go's semantics.
enum DockerfileText {
    static let hash = UInt8(ascii: "#")
    static let slash = UInt8(ascii: "/")
    static let equals = UInt8(ascii: "=")
    static let dollar = UInt8(ascii: "$")
    static let backslash = UInt8(ascii: "\\")

    /// Returns a file's content after its byte-order mark.
    static func body(of file: [UInt8]) -> ArraySlice<UInt8> {
        file.starts(with: [0xEF, 0xBB, 0xBF]) ? file[3...] : file[...]
    }

    /// Whether a byte is white space between the words of a line.
    static func separatesWords(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || (0x0B...0x0D).contains(byte)
    }

    static func isSpace(_ byte: UInt8) -> Bool { separatesWords(byte) || byte == 0x0A }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Returns `bytes` without white space at both ends. Fast for ASCII.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        guard let first = rest.first, let last = rest.last, first >= 0x80 || last >= 0x80 else {
            return rest
        }
        return GoPath.trimmed(rest)
    }

    /// Whether `<<` occurs anywhere.
    static func holdsHeredocMark(_ bytes: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "<"), previous == byte {
                return true
            }
            previous = byte
        }
        return false
    }

    /// Returns `bytes` without the line ending.
    static func withoutNewline(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let last = rest.last, last == 0x0A || last == 0x0D { rest.removeLast() }
        return rest
    }

    static func withoutLeadingTabs(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> { bytes.drop { $0 == 0x09 } }

    static func string(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Returns the parts before and after the first `separator`; nil if there is none.
    static func cut(_ bytes: [UInt8], at separator: UInt8) -> (before: [UInt8], after: [UInt8])? {
        bytes.firstIndex(of: separator).map { (Array(bytes[..<$0]), Array(bytes[($0 + 1)...])) }
    }

    /// Returns the words between runs of white space. As in Go's `regexp.Split`, white space at an end produces an
    /// empty word.
    static func words(_ bytes: [UInt8], atMost limit: Int = .max) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var rest = bytes[...]
        while words.count + 1 < limit, let end = rest.firstIndex(where: separatesWords) {
            words.append(Array(rest[..<end]))
            rest = rest[end...].drop(while: separatesWords)
        }
        words.append(Array(rest))
        return words
    }

    /// Returns every name after a dollar sign, whether or not it is replaced.
    static func variableNames(in text: [UInt8]) -> Set<[UInt8]> {
        var names: Set<[UInt8]> = []
        var rest = text[...]
        while let start = rest.firstIndex(of: dollar) {
            rest = rest[(start + 1)...]
            if rest.first == UInt8(ascii: "{") { rest = rest.dropFirst() }
            let name = rest.prefix { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
            if !name.isEmpty { names.insert(Array(name)) }
        }
        return names
    }

    /// Whether the bytes contain a non-ASCII character that Go treats as white space or ignores. What BuildKit does
    /// with it depends on its position.
    static func holdsUnusualSpace(_ bytes: [UInt8]) -> Bool {
        bytes.contains { $0 >= 0x80 }
            && string(bytes).unicodeScalars.contains { scalar in
                !scalar.isASCII && (scalar.properties.isWhitespace || scalar.value == 0xFEFF)
            }
    }
}
