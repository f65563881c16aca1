import CLibrary

/// The regular expression that Docker makes from a pattern, and whether a simpler comparison gives the same result.
///
/// The form of the expression affects its meaning: inside brackets, `*` and `?` are replaced too, a backslash before a
/// letter is an escape of the expression (`\d` is a digit), and `^` is an anchor. Hence the expression is built as in
/// Docker and then parsed by Go's rules (``ExpressionParser``).
struct PatternExpression {
    enum Shape: Equatable {
        /// The path equals the pattern.
        case exact
        /// The path begins with the pattern without its last two bytes, `**`.
        case prefix
        /// The path ends with the pattern without its first two bytes, `**`.
        case suffix
        /// Only the expression decides.
        case expression
    }

    private(set) var shape = Shape.exact
    /// The expression, as Unicode scalar values.
    private(set) var text: [UInt32] = Self.runes("^")

    init(_ pattern: [UInt8], matcher: IgnoreDialect.Matcher) {
        // Docker meant to escape `|`, `{` and `}` as well, but its table has no room for characters beyond 63.
        let operators = Self.runes(matcher == .current ? ".+()$" : ".$")
        var rest = GoRunes.decode(pattern)[...]
        // Go's text/scanner drops a byte-order mark at the beginning of its input.
        if rest.first == 0xFEFF {
            rest.removeFirst()
        }
        var isFirst = true
        while let character = rest.popFirst() {
            switch character {
            case UInt32(UInt8(ascii: "*")):
                appendStar(&rest, isFirst: isFirst)
            case UInt32(UInt8(ascii: "?")):
                append("[^/]", .expression)
            case UInt32(UInt8(ascii: "\\")):
                append("\\")
                if let escaped = rest.popFirst() {
                    text.append(escaped)
                    shape = .expression
                }
            case UInt32(UInt8(ascii: "[")), UInt32(UInt8(ascii: "]")):
                text.append(character)
                shape = .expression
            default:
                if operators.contains(character) {
                    append("\\")
                }
                text.append(character)
            }
            isFirst = false
        }
        append("$")
        if matcher == .docker20 {
            shape = .expression
        }
    }

    private mutating func appendStar(_ rest: inout ArraySlice<UInt32>, isFirst: Bool) {
        guard rest.first == UInt32(UInt8(ascii: "*")) else {
            append("[^/]*", .expression)
            return
        }
        rest.removeFirst()
        if rest.first == UInt32(UInt8(ascii: "/")) {
            rest.removeFirst()
        }
        if !rest.isEmpty {
            append("(.*/)?", .expression)
        } else {
            let endsPlainly = shape == .exact
            append(".*", .expression)
            if endsPlainly {
                shape = .prefix
            }
        }
        if isFirst {
            shape = .suffix
        }
    }

    private mutating func append(_ more: String, _ newShape: Shape? = nil) {
        text += Self.runes(more)
        shape = newShape ?? shape
    }

    private static func runes(_ string: String) -> [UInt32] {
        string.unicodeScalars.map(\.value)
    }
}

/// The bytes with which every match of an expression begins and ends. They allow a quick rejection.
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

    /// Returns the leading items that match exactly one ASCII character. (A longer character would need its bytes in
    /// order, and U+FFFD also matches any stray byte.)
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
