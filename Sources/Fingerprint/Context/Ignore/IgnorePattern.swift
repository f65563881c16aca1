package import SystemPackage

/// One line of an ignore file, compiled for matching.
final class IgnorePattern: Sendable {
    private enum Test: Sendable {
        case exact([UInt8])
        case prefix([UInt8])
        case suffix([UInt8])
        case expression(ExpressionProgram, prefix: [UInt8], suffix: [UInt8])
        /// Docker reports this only when it first tries the pattern; a pattern that is never tried never fails.
        case malformed
    }

    struct Malformed: Error {
        let pattern: IgnorePattern
    }

    let line: Int
    let text: [UInt8]
    let isException: Bool
    /// The pattern without `!`.
    let pattern: [UInt8]
    /// The number of components. Docker 20.10 compares the pattern with a path's parent at this depth.
    let depth: Int
    /// The pattern without `/**` and `/*` at its end; nil if special characters remain. BuildKit's walk uses it to
    /// decide which excluded directories to enter.
    let plainPath: [UInt8]?
    private let test: Test

    init(_ line: IgnoreFileLine, matcher: IgnoreDialect.Matcher) {
        self.line = line.number
        text = line.text
        isException = line.isException
        pattern = line.pattern
        depth = pattern.count { $0 == UInt8(ascii: "/") } + 1
        plainPath = Self.plainPath(of: pattern)
        test = Self.test(for: pattern, matcher: matcher)
    }

    private static func test(for pattern: [UInt8], matcher: IgnoreDialect.Matcher) -> Test {
        let translated = PatternExpression(pattern, matcher: matcher)
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

    /// Whether the dialects may interpret the pattern differently. May be true unnecessarily.
    ///
    /// Docker 20.10 did not escape `+ ( )`. It matched every pattern as an expression, in which `| { } ^` are special;
    /// newer versions compare a pattern without special characters literally, and treat `**x` as a suffix. A malformed
    /// pattern is an error only where it is tried, and the dialects try different patterns. Only expressions decode
    /// stray bytes and byte-order marks. One difference is ignored: a line feed in a name, which `**` used to stop at.
    var dependsOnDialect: Bool {
        if isException || pattern.contains(where: "+()|{}^".utf8.contains) {
            return true
        }
        if isMalformed {
            return true
        }
        if pattern.starts(with: "**".utf8), pattern.count > 2, pattern[2] != UInt8(ascii: "/") {
            return true
        }
        return GoRunes.decode(pattern).contains { $0 == GoRunes.replacement || $0 == 0xFEFF }
    }

    /// Whether the pattern is malformed, which Docker reports only when it tries it.
    var isMalformed: Bool {
        if case .malformed = test { true } else { false }
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
            // `**/a` also matches `a` itself.
            return suffix.first == UInt8(ascii: "/") && path.count == suffix.count - 1
                && path.hasPrefix(Array(suffix.dropFirst()))
        case .expression(let program, let prefix, let suffix):
            return path.hasPrefix(prefix) && path.hasSuffix(suffix) && program.matches(path)
        case .malformed:
            throw Malformed(pattern: self)
        }
    }

    /// Whether the pattern could match anything below a directory. May be true unnecessarily, but is never wrongly
    /// false.
    /// - Parameter directory: its path with a trailing slash.
    func mayMatch(below directory: UnsafeBufferPointer<UInt8>) -> Bool {
        switch test {
        case .exact(let whole): whole.withUnsafeBufferPointer { $0.hasPrefix(directory) }
        case .prefix(let prefix), .expression(_, let prefix, _):
            directory.hasPrefix(prefix) || prefix.withUnsafeBufferPointer { $0.hasPrefix(directory) }
        case .suffix, .malformed: true
        }
    }
}

/// An error in an ignore file that Docker would reject.
package struct IgnorePatternError: Error, Equatable, CustomStringConvertible {
    package enum Problem: Equatable, Sendable {
        /// The pattern violates the rules of Go's `filepath.Match`, or of the regular expression made from it.
        case malformed
        /// A `!` without a pattern.
        case emptyException
        /// Docker reads lines of up to 65,535 bytes.
        case lineTooLong
    }

    package let file: FilePath
    /// The number of the line; the first line is 1.
    package let line: Int
    /// The pattern as written in the file, without surrounding white space.
    package let pattern: [UInt8]
    package let problem: Problem

    package var description: String {
        let shown = String(decoding: pattern.prefix(200), as: UTF8.self)
        let place = "\(file), line \(line): "
        switch problem {
        case .malformed:
            return place + "\"\(shown)\" is not a pattern that Docker understands. "
                + "Check its brackets and backslashes; a backslash makes the character after it stand for itself."
        case .emptyException:
            return place + "\"\(shown)\" names nothing to keep. Write a pattern after the \"!\", or remove the line."
        case .lineTooLong:
            return place + "the line is longer than the 65535 bytes that Docker reads. Split it."
        }
    }
}
