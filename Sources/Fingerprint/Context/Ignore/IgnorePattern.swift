/// One line of an ignore file, ready to be matched.
final class IgnorePattern: Sendable {
    private enum Test: Sendable {
        case exact([UInt8])
        case prefix([UInt8])
        case suffix([UInt8])
        case expression(ExpressionProgram, prefix: [UInt8], suffix: [UInt8])
        /// Docker finds out only when it first tries the pattern; a pattern that is never tried never fails.
        case malformed
    }

    struct Malformed: Error {}

    let line: Int
    let text: [UInt8]
    let isException: Bool
    /// The pattern without `!`.
    let pattern: [UInt8]
    /// The number of components: how deep a parent Docker 20.10 compares with the pattern.
    let depth: Int
    /// The pattern without `/**` and `/*` at its end, if no special characters are left; the walk of BuildKit enters
    /// excluded directories by this.
    let plainPath: [UInt8]?
    private let test: Test

    init(_ line: IgnoreFileLine, dialect: IgnoreDialect) {
        self.line = line.number
        text = line.text
        isException = line.isException
        pattern = line.pattern
        depth = pattern.count { $0 == UInt8(ascii: "/") } + 1
        plainPath = Self.plainPath(of: pattern)
        test = Self.test(for: pattern, dialect: dialect)
    }

    private static func test(for pattern: [UInt8], dialect: IgnoreDialect) -> Test {
        let translated = PatternExpression(pattern, dialect: dialect)
        switch translated.shape {
        case .exact: return .exact(pattern)
        case .prefix: return .prefix(Array(pattern.dropLast(2)))
        case .suffix: return .suffix(Array(pattern.dropFirst(2)))
        case .expression:
            guard let expression = try? ExpressionParser.parse(translated.text),
                let program = try? ExpressionProgram(expression)
            else {
                return .malformed
            }
            let edges = LiteralEdges(expression)
            return .expression(program, prefix: edges.prefix, suffix: edges.suffix)
        }
    }

    private static func plainPath(of pattern: [UInt8]) -> [UInt8]? {
        var path = pattern[...]
        for ending in ["/**", "/*"] where path.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
            path = path.dropLast(ending.utf8.count)
        }
        return path.contains(where: "*[]?^\\".utf8.contains) ? nil : Array(path)
    }

    func matches(_ path: UnsafeBufferPointer<UInt8>) throws(Malformed) -> Bool {
        switch test {
        case .exact(let whole):
            return path.count == whole.count && path.hasPrefix(whole)
        case .prefix(let prefix):
            return path.hasPrefix(prefix)
        case .suffix(let suffix):
            if path.hasSuffix(suffix) {
                return true
            }
            // `**/a` is also `a` itself.
            return suffix.first == UInt8(ascii: "/") && path.count == suffix.count - 1
                && path.hasPrefix(Array(suffix.dropFirst()))
        case .expression(let program, let prefix, let suffix):
            return path.hasPrefix(prefix) && path.hasSuffix(suffix) && program.matches(path)
        case .malformed:
            throw Malformed()
        }
    }

    /// Whether anything below a directory could match. It may say yes too often, never no.
    /// - Parameter directory: its path with a slash at the end.
    func mayMatch(below directory: UnsafeBufferPointer<UInt8>) -> Bool {
        switch test {
        case .exact(let whole): whole.withUnsafeBufferPointer { $0.hasPrefix(directory) }
        case .prefix(let prefix), .expression(_, let prefix, _):
            directory.hasPrefix(prefix) || prefix.withUnsafeBufferPointer { $0.hasPrefix(directory) }
        case .suffix, .malformed: true
        }
    }
}
