/// Parses the expressions that ``PatternExpression`` produces, by the rules of Go's `regexp/syntax` (its flags `Perl`).
///
/// A `?` in a pattern becomes `[^/]`, so groups with flags and lazy repetitions cannot occur.
struct ExpressionParser {
    /// Go would reject the expression, and Docker would report a syntax error in the pattern.
    struct Malformed: Error {}

    var rest: ArraySlice<UInt32>

    static func parse(_ text: [UInt32]) throws(Malformed) -> Expression {
        var parser = ExpressionParser(rest: text[...])
        let expression = try parser.alternatives(depth: 0)
        guard parser.rest.isEmpty else {
            throw Malformed()
        }
        return expression
    }

    /// Go's own limit, which also bounds this parser's recursion.
    private static let maximumDepth = 1000
    private static let maximumRepetition = 1000

    private mutating func alternatives(depth: Int) throws(Malformed) -> Expression {
        guard depth <= Self.maximumDepth else {
            throw Malformed()
        }
        var branches: [Expression] = []
        repeat {
            branches.append(try sequence(depth: depth))
        } while take("|")
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence(depth: Int) throws(Malformed) -> Expression {
        var items: [Expression] = []
        var followsRepetition = false
        while let next = rest.first, next != Self.rune("|"), next != Self.rune(")") {
            if let (minimum, maximum) = try repetition() {
                guard let last = items.popLast(), !followsRepetition else {
                    throw Malformed()
                }
                items.append(.repeated(last, minimum: minimum, maximum: maximum))
                followsRepetition = true
            } else {
                try items += atom(depth: depth)
                followsRepetition = false
            }
        }
        return .sequence(items)
    }

    private mutating func atom(depth: Int) throws(Malformed) -> [Expression] {
        let start = rest
        switch rest.removeFirst() {
        case Self.rune("("):
            let inner = try alternatives(depth: depth + 1)
            guard take(")") else {
                throw Malformed()
            }
            return [inner]
        case Self.rune("["): return [.one(try bracket())]
        case Self.rune("."): return [.one(.anyButNewline)]
        case Self.rune("^"): return [.assertion(.beginning)]
        case Self.rune("$"): return [.assertion(.end)]
        case Self.rune("\\"):
            rest = start
            return try escape()
        case let literal: return [.one(.range(literal, literal))]
        }
    }

    /// Reads `*`, `+`, `?` or a count in braces at the current position. Braces without a count are literals.
    private mutating func repetition() throws(Malformed) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = rest
        guard take("{"), let minimum = count() else {
            rest = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") {
            maximum = count()
            if maximum == nil, rest.first != Self.rune("}") {
                rest = start
                return nil
            }
        }
        guard take("}") else {
            rest = start
            return nil
        }
        guard minimum <= Self.maximumRepetition, maximum ?? 0 <= Self.maximumRepetition,
            maximum.map({ minimum <= $0 }) ?? true
        else {
            throw Malformed()
        }
        return (minimum, maximum)
    }

    /// Reads a decimal number without leading zeros. A number with more than six digits exceeds the limit anyway, and
    /// becomes `Int32.max`.
    private mutating func count() -> Int? {
        let digits = rest.prefix { (48...57).contains($0) }
        guard !digits.isEmpty, digits.count == 1 || digits.first != 48 else {
            return nil
        }
        rest = rest.dropFirst(digits.count)
        return digits.count > 6 ? Int(Int32.max) : digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == character.value else {
            return false
        }
        rest.removeFirst()
        return true
    }

    static func rune(_ character: Unicode.Scalar) -> UInt32 {
        character.value
    }
}

/// A parsed regular expression.
indirect enum Expression: Sendable {
    case one(ScalarSet)
    case sequence([Expression])
    case alternatives([Expression])
    /// A `maximum` of nil means any number.
    case repeated(Expression, minimum: Int, maximum: Int?)
    case assertion(Assertion)

    enum Assertion: Sendable {
        case beginning
        case end
        case wordBoundary
        case noWordBoundary
    }
}
