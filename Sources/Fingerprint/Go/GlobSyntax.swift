/// Checks whether Docker accepts a pattern at the start: it has Go's `filepath.Match` compare the pattern with `.`, and
/// looks only at the error.
///
/// Go reports an error only in the part that it reads, and it stops reading at the first part between two stars that
/// does not match. Later errors appear, if at all, when the expression is made (``PatternExpression``), which
/// determines the meaning of the pattern.
struct GlobSyntax {
    private var rest: ArraySlice<UInt32>

    static func isWellFormed(_ pattern: [UInt8]) -> Bool {
        // A byte that is not UTF-8 is allowed only outside brackets, and decoding would hide it.
        var syntax = GlobSyntax(rest: runesMarkingInvalidBytes(pattern)[...])
        return syntax.check()
    }

    private mutating func check() -> Bool {
        var isDotLeft = true
        while !rest.isEmpty {
            let stars = rest.prefix { $0 == UInt32(UInt8(ascii: "*")) }
            rest = rest.dropFirst(stars.count)
            guard let elements = chunk() else {
                return false
            }
            if elements.isEmpty {
                return true
            }
            // After a star the dot could be skipped, but then nothing is left for the elements to match.
            guard isDotLeft, elements == [true] else {
                return true
            }
            isDotLeft = false
        }
        return true
    }

    /// Reads up to the next star. Returns for each element whether it matches a dot; nil if the part is malformed.
    private mutating func chunk() -> [Bool]? {
        var elements: [Bool] = []
        while let next = rest.first, next != UInt32(UInt8(ascii: "*")) {
            rest.removeFirst()
            switch next {
            case UInt32(UInt8(ascii: "\\")):
                guard let escaped = rest.popFirst() else {
                    return nil
                }
                elements.append(escaped == Self.dot)
            case UInt32(UInt8(ascii: "[")):
                guard let matchesDot = bracket() else {
                    return nil
                }
                elements.append(matchesDot)
            default:
                elements.append(next == Self.dot || next == UInt32(UInt8(ascii: "?")))
            }
        }
        return elements
    }

    private mutating func bracket() -> Bool? {
        let isNegated = rest.first == UInt32(UInt8(ascii: "^"))
        if isNegated {
            rest.removeFirst()
        }
        var isEmpty = true
        var holdsDot = false
        while true {
            if rest.first == UInt32(UInt8(ascii: "]")), !isEmpty {
                rest.removeFirst()
                return holdsDot != isNegated
            }
            guard let low = bracketCharacter() else {
                return nil
            }
            var high = low
            if rest.first == UInt32(UInt8(ascii: "-")) {
                rest.removeFirst()
                guard let end = bracketCharacter() else {
                    return nil
                }
                high = end
            }
            holdsDot = holdsDot || (low <= Self.dot && Self.dot <= high)
            isEmpty = false
        }
    }

    /// Reads one end of a range. Something must follow it, because the bracket must be closed.
    private mutating func bracketCharacter() -> UInt32? {
        guard var character = rest.popFirst(),
            character != UInt32(UInt8(ascii: "-")), character != UInt32(UInt8(ascii: "]"))
        else {
            return nil
        }
        if character == UInt32(UInt8(ascii: "\\")) {
            guard let escaped = rest.popFirst() else {
                return nil
            }
            character = escaped
        }
        return character != Self.invalidByte && !rest.isEmpty ? character : nil
    }

    private static let dot = UInt32(UInt8(ascii: "."))
    private static let invalidByte = UInt32.max

    /// Returns the runes of the pattern, in which a byte that is not UTF-8 differs from a written U+FFFD.
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
