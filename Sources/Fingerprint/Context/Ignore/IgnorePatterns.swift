package import SystemPackage

/// The patterns of an ignore file, which say what is left out of the context.
///
/// The rules are those of moby/patternmatcher and, for directories, of the walk in tonistiigi/fsutil or
/// moby/go-archive. Paths are bytes, relative to the root of the context, separated by `/`.
package struct IgnorePatterns: Sendable {
    package let file: FilePath
    package let dialect: IgnoreDialect
    private let patterns: [IgnorePattern]
    /// A pattern begins with `!`.
    let hasExceptions: Bool
    /// Every exception names a path, but for a `/*` or `/**` at its end. BuildKit then enters excluded directories by
    /// name only.
    private let hasOnlyPlainExceptions: Bool

    /// No ignore file.
    package static let none = IgnorePatterns(file: "", dialect: .current, patterns: [])

    /// - Parameters:
    ///   - content: the bytes of the ignore file.
    ///   - file: its path, for errors.
    ///   - dockerfile: where the Dockerfile lies in the context; nil if it lies elsewhere.
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

    /// Patterns that stand in no file, but where `COPY` has them: neither comments nor leading slashes mean anything.
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

    /// Whether another dialect may leave out other files. It may say yes too often.
    package var dependsOnDialect: Bool { patterns.contains(where: \.dependsOnDialect) }

    /// Nothing is left out.
    package var isEmpty: Bool { patterns.isEmpty }

    /// Which patterns a directory matched, itself or through its parents: what its entries need to know.
    package struct Matches: Sendable {
        fileprivate var ofPattern: [Bool] = []

        /// The root of the context, which no pattern is compared with.
        package static let root = Matches()
    }

    /// What happens to a directory.
    package enum DirectoryVerdict: Sendable, Equatable {
        case included
        /// It is left out unless something below it is brought back in.
        case includedIfNeeded
        /// Neither it nor anything below it belongs to the context.
        case excluded
    }

    /// Whether a file is left out.
    /// - Parameter parent: the matches of the directory that holds it.
    package func excludes(
        _ path: UnsafeBufferPointer<UInt8>,
        parent: Matches
    ) throws(IgnorePatternError) -> Bool {
        if patterns.isEmpty {
            return false
        }
        return try dialect.matcher == .current ? evaluate(path, parent: parent, matches: nil) : evaluateAlone(path)
    }

    /// What happens to a directory, and what its entries need to know.
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

    /// Whether the patterns match a path, and what its entries need to know, if it is a directory's. For patterns that
    /// were found to be well-formed when they were made.
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
        // BuildKit enters every directory once an exception holds a special character. Where none can match, there is
        // nothing to find, and not to enter it is the same.
        let isEntered =
            hasOnlyPlainExceptions
            ? exceptions.contains { $0.plainPath.map(names) ?? false }
            : exceptions.contains { $0.mayMatch(below: directory) }
        return isEntered ? .includedIfNeeded : .excluded
    }

    /// patternmatcher's `MatchesUsingParentResults`: the last pattern that matches decides, and what a parent matched,
    /// its entries match.
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
                // A pattern that could not change anything is not tried, and then counts as not matched for the entries
                // too.
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

    /// The `Matches` of Docker 20.10, which knows nothing of parents but the one that is as deep as the pattern.
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
