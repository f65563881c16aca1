package import SystemPackage

/// The patterns of an ignore file, which exclude entries from the context.
///
/// The rules are those of moby/patternmatcher and, for directories, of the walk in tonistiigi/fsutil or
/// moby/go-archive. Paths are bytes, relative to the root of the context, separated by `/`.
package struct IgnorePatterns: Sendable {
    package let file: FilePath
    package let dialect: IgnoreDialect
    private let patterns: [IgnorePattern]
    /// Whether any pattern begins with `!`.
    let hasExceptions: Bool
    /// Whether every exception is a plain path, apart from a `/*` or `/**` at its end. BuildKit then enters excluded
    /// directories by name only.
    private let hasOnlyPlainExceptions: Bool

    /// The patterns of a context without an ignore file.
    package static let none = IgnorePatterns(file: "", dialect: .current, patterns: [])

    /// Parses an ignore file.
    ///
    /// - Parameters:
    ///   - content: the bytes of the ignore file.
    ///   - file: its path, for errors.
    ///   - dockerfile: the path of the Dockerfile in the context; nil if it is outside the context.
    package init(
        parsing content: [UInt8],
        file: FilePath,
        dialect: IgnoreDialect = .current,
        dockerfile: [UInt8]? = nil
    ) throws(IgnorePatternError) {
        var patterns: [IgnorePattern] = []
        for line in IgnoreFileLine.all(in: content) {
            let problem: IgnorePatternError.Problem? =
                if line.isTooLong {
                    .lineTooLong
                } else if line.isException, line.pattern.isEmpty {
                    .emptyException
                } else if !GlobSyntax.isWellFormed(line.pattern) {
                    .malformed
                } else {
                    nil
                }
            if let problem {
                throw IgnorePatternError(file: file, line: line.number, pattern: line.text, problem: problem)
            }
            patterns.append(IgnorePattern(line, matcher: dialect.matcher))
        }
        if dialect.walk == .archive, let dockerfile, dockerfile.contains(UInt8(ascii: "/")) {
            let isExcluded = dockerfile.withUnsafeBufferPointer { try? Self.excludesAlone($0, patterns) }
            if isExcluded == true {
                patterns.append(IgnorePattern(.keeping(dockerfile), matcher: dialect.matcher))
            }
        }
        self.init(file: file, dialect: dialect, patterns: patterns)
    }

    /// Creates patterns from an instruction such as `COPY`, not from a file: comments and leading slashes have no
    /// special meaning.
    init(matching texts: [[UInt8]]) throws(IgnorePatternError) {
        var patterns: [IgnorePattern] = []
        for text in texts.map({ GoPath.trimmed($0[...]) }) where !text.isEmpty {
            let cleaned = GoPath.cleaned(Array(text))
            let isException = cleaned.first == UInt8(ascii: "!")
            let line = IgnoreFileLine(
                number: 0,
                text: Array(text),
                isException: isException,
                pattern: isException ? Array(cleaned.dropFirst()) : cleaned,
                isTooLong: false
            )
            guard !line.pattern.isEmpty, GlobSyntax.isWellFormed(line.pattern) else {
                throw IgnorePatternError(file: "Dockerfile", line: 0, pattern: line.text, problem: .malformed)
            }
            let pattern = IgnorePattern(line, matcher: .current)
            if pattern.isMalformed {
                throw IgnorePatternError(file: "Dockerfile", line: 0, pattern: line.text, problem: .malformed)
            }
            patterns.append(pattern)
        }
        self.init(file: "Dockerfile", dialect: .current, patterns: patterns)
    }

    private init(file: FilePath, dialect: IgnoreDialect, patterns: [IgnorePattern]) {
        self.file = file
        self.dialect = dialect
        self.patterns = patterns
        let exceptions = patterns.filter(\.isException)
        hasExceptions = !exceptions.isEmpty
        hasOnlyPlainExceptions = exceptions.allSatisfy { $0.plainPath != nil }
    }

    /// Whether another dialect may exclude different files. May be true unnecessarily.
    package var dependsOnDialect: Bool { patterns.contains(where: \.dependsOnDialect) }

    /// Whether nothing is excluded.
    package var isEmpty: Bool { patterns.isEmpty }

    /// The patterns that a directory matched, itself or through its parents. They are needed to check its entries.
    package struct Matches: Sendable {
        fileprivate var ofPattern: [Bool] = []

        /// The matches of the root of the context, which is not compared with any pattern.
        package static let root = Matches()
    }

    /// The decision about a directory.
    package enum DirectoryVerdict: Sendable, Equatable {
        case included
        /// Excluded, unless an exception includes something below it.
        case includedIfNeeded
        /// Excluded with everything below it.
        case excluded
    }

    /// Whether a file is excluded.
    /// - Parameter parent: the matches of the directory that contains it.
    package func excludes(
        _ path: UnsafeBufferPointer<UInt8>,
        parent: Matches
    ) throws(IgnorePatternError) -> Bool {
        if patterns.isEmpty {
            return false
        }
        return try dialect.matcher == .current ? evaluate(path, parent: parent, matches: nil) : evaluateAlone(path)
    }

    /// Returns the decision about a directory, and the matches that are needed to check its entries.
    package func verdict(
        directory path: UnsafeBufferPointer<UInt8>,
        parent: Matches
    ) throws(IgnorePatternError) -> (DirectoryVerdict, Matches) {
        if patterns.isEmpty {
            return (.included, parent)
        }
        var matches = Matches(ofPattern: Array(repeating: false, count: patterns.count))
        let isExcluded =
            try dialect.matcher == .current ? evaluate(path, parent: parent, matches: &matches) : evaluateAlone(path)
        guard isExcluded else {
            return (.included, matches)
        }
        guard hasExceptions else {
            return (.excluded, matches)
        }
        return ((Array(path) + [UInt8(ascii: "/")]).withUnsafeBufferPointer(verdict(excludedDirectory:)), matches)
    }

    /// Returns whether the patterns match a path, and the matches for its entries if it is a directory. The patterns
    /// must have been validated when they were created.
    func matches(_ path: [UInt8], parent: Matches) -> (isMatch: Bool, matches: Matches) {
        var matches = Matches(ofPattern: Array(repeating: false, count: patterns.count))
        let isMatch = path.withUnsafeBufferPointer { try? evaluate($0, parent: parent, matches: &matches) }
        return (isMatch ?? false, matches)
    }

    private func verdict(excludedDirectory directory: UnsafeBufferPointer<UInt8>) -> DirectoryVerdict {
        let exceptions = patterns.lazy.filter(\.isException)
        func names(_ path: [UInt8]) -> Bool {
            (path + [UInt8(ascii: "/")]).withUnsafeBufferPointer { $0.hasPrefix(directory) }
        }
        if dialect != .current {
            let entered: DirectoryVerdict = dialect.walk == .archive ? .includedIfNeeded : .included
            return exceptions.contains { names($0.pattern) } ? entered : .excluded
        }
        // BuildKit enters every directory if any exception contains a special character. If no exception can match
        // below a directory, skipping it gives the same result.
        let isEntered =
            hasOnlyPlainExceptions
            ? exceptions.contains { $0.plainPath.map(names) ?? false }
            : exceptions.contains { $0.mayMatch(below: directory) }
        return isEntered ? .includedIfNeeded : .excluded
    }

    /// patternmatcher's `MatchesUsingParentResults`: the last matching pattern decides, and a pattern that matches a
    /// directory also matches its entries.
    private func evaluate(
        _ path: UnsafeBufferPointer<UInt8>,
        parent: Matches,
        matches: UnsafeMutablePointer<Matches>?
    ) throws(IgnorePatternError) -> Bool {
        var isExcluded = false
        for index in patterns.indices {
            let pattern = patterns[index]
            var isMatch = !parent.ofPattern.isEmpty && parent.ofPattern[index]
            if !isMatch {
                // A pattern that could not change the result is not tried, and is then treated as not matching for the
                // entries too.
                guard pattern.isException == isExcluded else {
                    continue
                }
                do {
                    isMatch = try pattern.matches(path)
                } catch {
                    throw malformed(error.pattern)
                }
            }
            matches?.pointee.ofPattern[index] = isMatch
            if isMatch {
                isExcluded = !pattern.isException
            }
        }
        return isExcluded
    }

    /// The `Matches` of Docker 20.10, which checks no parents except the one at the pattern's depth.
    private func evaluateAlone(_ path: UnsafeBufferPointer<UInt8>) throws(IgnorePatternError) -> Bool {
        do {
            return try Self.excludesAlone(path, patterns)
        } catch {
            throw malformed(error.pattern)
        }
    }

    private static func excludesAlone(
        _ path: UnsafeBufferPointer<UInt8>,
        _ patterns: [IgnorePattern]
    ) throws(IgnorePattern.Malformed) -> Bool {
        let slashes = path.indices.filter { path[$0] == UInt8(ascii: "/") }
        var isExcluded = false
        for pattern in patterns {
            var isMatch = try pattern.matches(path)
            if !isMatch, pattern.depth <= slashes.count {
                let parent = UnsafeBufferPointer(rebasing: path[..<slashes[pattern.depth - 1]])
                isMatch = try pattern.matches(parent)
            }
            if isMatch {
                isExcluded = !pattern.isException
            }
        }
        return isExcluded
    }

    private func malformed(_ pattern: IgnorePattern) -> IgnorePatternError {
        IgnorePatternError(file: file, line: pattern.line, pattern: pattern.text, problem: .malformed)
    }
}
