/// Whether Go's `filepath.Match` takes a pattern for well-formed.
///
/// Docker asks `filepath.Match` for nothing else; what the pattern means is decided by ``PatternExpression``.
struct GlobSyntax {
    private var rest: ArraySlice<UInt32>

    static func isWellFormed(_ pattern: [UInt8]) -> Bool {
        // A byte that is not UTF-8 is allowed outside brackets only, and decoding would hide it there.
        var syntax = GlobSyntax(rest: runesMarkingInvalidBytes(pattern)[...])
        return syntax.check()
    }

    private mutating func check() -> Bool {
        while let next = rest.popFirst() {
            if next == UInt32(UInt8(ascii: "\\")) {
                guard rest.popFirst() != nil else {
                    return false
                }
            } else if next == UInt32(UInt8(ascii: "[")) {
                guard checkClass() else {
                    return false
                }
            }
        }
        return true
    }

    private mutating func checkClass() -> Bool {
        if rest.first == UInt32(UInt8(ascii: "^")) {
            rest.removeFirst()
        }
        var isEmpty = true
        while true {
            if rest.first == UInt32(UInt8(ascii: "]")), !isEmpty {
                rest.removeFirst()
                return true
            }
            guard checkClassCharacter() else {
                return false
            }
            if rest.first == UInt32(UInt8(ascii: "-")) {
                rest.removeFirst()
                guard checkClassCharacter() else {
                    return false
                }
            }
            isEmpty = false
        }
    }

    /// One end of a range. Something has to follow it, because the bracket must be closed.
    private mutating func checkClassCharacter() -> Bool {
        guard var character = rest.popFirst(),
            character != UInt32(UInt8(ascii: "-")), character != UInt32(UInt8(ascii: "]"))
        else {
            return false
        }
        if character == UInt32(UInt8(ascii: "\\")) {
            guard let escaped = rest.popFirst() else {
                return false
            }
            character = escaped
        }
        return character != Self.invalidByte && !rest.isEmpty
    }

    private static let invalidByte = UInt32.max

    /// The runes of the pattern, where a byte that is not UTF-8 differs from a U+FFFD that was written.
    private static func runesMarkingInvalidBytes(_ pattern: [UInt8]) -> [UInt32] {
        let written: [UInt8] = [0xEF, 0xBF, 0xBD]
        var runes: [UInt32] = []
        var start = pattern.startIndex
        var index = pattern.startIndex
        func append(_ part: ArraySlice<UInt8>) {
            runes += GoRunes.decode(Array(part)).map { $0 == GoRunes.replacement ? invalidByte : $0 }
        }
        while index < pattern.endIndex {
            if pattern[index...].starts(with: written) {
                append(pattern[start..<index])
                runes.append(GoRunes.replacement)
                index += written.count
                start = index
            } else {
                index += 1
            }
        }
        append(pattern[start...])
        return runes
    }
}
