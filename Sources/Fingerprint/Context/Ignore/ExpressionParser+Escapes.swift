extension ExpressionParser {
    /// Parses an escape outside brackets. Its backslash has not been read.
    mutating func escape() throws(Malformed) -> [Expression] {
        switch rest.dropFirst().first.flatMap(Unicode.Scalar.init) {
        case "A":
            rest = rest.dropFirst(2)
            return [.assertion(.beginning)]
        case "z":
            rest = rest.dropFirst(2)
            return [.assertion(.end)]
        case "b":
            rest = rest.dropFirst(2)
            return [.assertion(.wordBoundary)]
        case "B":
            rest = rest.dropFirst(2)
            return [.assertion(.noWordBoundary)]
        case "Q":
            rest = rest.dropFirst(2)
            return quotedLiterals()
        default:
            if let set = try namedSet() {
                return [.one(set)]
            }
            let character = try escapedCharacter()
            return [.one(.range(character, character))]
        }
    }

    /// Reads everything up to `\E`, or to the end, as literals.
    private mutating func quotedLiterals() -> [Expression] {
        var literals: [Expression] = []
        while let next = rest.popFirst() {
            if next == Self.rune("\\"), rest.first == Self.rune("E") {
                rest.removeFirst()
                break
            }
            literals.append(.one(.range(next, next)))
        }
        return literals
    }

    /// Reads a set `[…]` after its opening bracket.
    mutating func bracket() throws(Malformed) -> ScalarSet {
        var set = ScalarSet(isNegated: take("^"))
        var isFirst = true
        while isFirst || rest.first != Self.rune("]") {
            isFirst = false
            if let named = try posixSet() {
                set.formUnion(named)
                continue
            }
            if let named = try namedSet() {
                set.formUnion(named)
                continue
            }
            let low = try bracketCharacter()
            var high = low
            if rest.count >= 2, rest.first == Self.rune("-"), rest.dropFirst().first != Self.rune("]") {
                rest.removeFirst()
                high = try bracketCharacter()
            }
            guard low <= high else {
                throw Malformed()
            }
            set.ranges.append(low...high)
        }
        rest.removeFirst()
        return set
    }

    private mutating func bracketCharacter() throws(Malformed) -> UInt32 {
        guard let next = rest.first else {
            throw Malformed()
        }
        if next == Self.rune("\\") {
            return try escapedCharacter()
        }
        rest.removeFirst()
        return next
    }

    /// Reads `[:alpha:]` or `[:^alpha:]` at the current position; nil if there is none.
    private mutating func posixSet() throws(Malformed) -> ScalarSet? {
        guard rest.count > 2, rest.starts(with: [Self.rune("["), Self.rune(":")]) else {
            return nil
        }
        let inside = rest.dropFirst(2)
        guard
            let end = inside.indices.first(where: {
                inside[$0...].starts(with: [Self.rune(":"), Self.rune("]")])
            })
        else {
            return nil
        }
        var name = inside[..<end]
        let isNegated = name.first == Self.rune("^")
        if isNegated {
            name.removeFirst()
        }
        // The one-letter names belong to Perl's sets.
        guard name.count > 1, var set = ScalarSet.named(Self.string(name)) else {
            throw Malformed()
        }
        set.isNegated = isNegated
        rest = rest[(end + 2)...]
        return set
    }

    /// Reads `\d`, `\pL` and similar sets at the current position; nil if there is none.
    private mutating func namedSet() throws(Malformed) -> ScalarSet? {
        guard rest.count >= 2, rest.first == Self.rune("\\"),
            let letter = rest.dropFirst().first.flatMap(Unicode.Scalar.init)
        else {
            return nil
        }
        switch letter {
        case "d", "s", "w", "D", "S", "W":
            rest = rest.dropFirst(2)
            let name = String(letter).lowercased()
            guard var set = ScalarSet.named(name) else {
                throw Malformed()
            }
            set.isNegated = letter.properties.isUppercase
            return set
        case "p", "P":
            guard let category = rest.dropFirst(2).first.flatMap(Unicode.Scalar.init),
                "CLMNPSZ".unicodeScalars.contains(category)
            else {
                throw Malformed()
            }
            rest = rest.dropFirst(3)
            return ScalarSet(categories: [.init(letter: Character(category), isNegated: letter == "P")])
        default:
            return nil
        }
    }

    /// Reads a backslash escape and returns its character.
    private mutating func escapedCharacter() throws(Malformed) -> UInt32 {
        rest.removeFirst()
        guard let value = rest.popFirst(), let scalar = Unicode.Scalar(value), scalar.isASCII else {
            throw Malformed()
        }
        switch scalar {
        case "1"..."7" where rest.first.map { (48...55).contains($0) } != true:
            // A back reference, which Go does not support.
            throw Malformed()
        case "0"..."7":
            var octal = value - 48
            for _ in 0..<2 {
                guard let digit = rest.first, (48...55).contains(digit) else {
                    break
                }
                octal = octal * 8 + digit - 48
                rest.removeFirst()
            }
            return octal
        case "x":
            let digits = Self.string(rest.prefix(2))
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let hexadecimal = UInt32(digits, radix: 16)
            else {
                throw Malformed()
            }
            rest = rest.dropFirst(2)
            return hexadecimal
        case "a": return 7
        case "f": return 12
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "v": return 11
        case "0"..."9", "a"..."z", "A"..."Z":
            throw Malformed()
        default:
            return value
        }
    }

    private static func string(_ runes: ArraySlice<UInt32>) -> String {
        String(String.UnicodeScalarView(runes.compactMap(Unicode.Scalar.init)))
    }
}
