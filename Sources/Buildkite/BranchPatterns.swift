/// Patterns of branch names, as in Buildkite's own branch filters, and of git tags.
///
/// `*` matches any characters, including `/`. A leading `!` excludes. A name matches if one of the patterns without `!`
/// matches, or if there is none, and if no pattern with `!` matches.
/// https://buildkite.com/docs/pipelines/branch-configuration#branch-pattern-examples
///
/// Only `tag:PATTERN` matches a build of a git tag, because the tag may have the name of a branch.
package struct BranchPatterns: Equatable, Sendable {
    /// The branch or tag that is built.
    package enum Ref: Equatable, Sendable {
        case branch(String)
        case tag(String)

        /// Reads the variables of a job. Nil if they name neither.
        ///
        /// https://buildkite.com/docs/pipelines/configure/environment-variables
        package init?(environment: [String: String]) {
            if let tag = environment["BUILDKITE_TAG"], !tag.isEmpty {
                self = .tag(tag)
            } else if let branch = environment["BUILDKITE_BRANCH"], !branch.isEmpty {
                self = .branch(branch)
            } else {
                return nil
            }
        }
    }

    private struct Pattern: Equatable, Sendable {
        let isNegated: Bool
        let isOfTags: Bool
        let glob: [UInt8]

        init?(_ text: Substring) {
            isNegated = text.first == "!"
            let rest = isNegated ? text.dropFirst() : text
            isOfTags = rest.hasPrefix(Self.tagMark)
            let glob = isOfTags ? rest.dropFirst(Self.tagMark.count) : rest
            guard !glob.isEmpty else { return nil }
            self.glob = Array(glob.utf8)
        }

        private static let tagMark = "tag:"
    }

    private let patterns: [Pattern]

    /// Parses patterns. As in a branch filter, one string may have several, separated by white space, which branch
    /// names cannot contain.
    ///
    /// Throws ``EmptyPattern`` for `!`, for `tag:`, and if there is no pattern.
    package init(_ texts: [String]) throws(EmptyPattern) {
        var patterns: [Pattern] = []
        for word in texts.flatMap({ $0.split(whereSeparator: \.isWhitespace) }) {
            guard let pattern = Pattern(word) else { throw EmptyPattern(text: String(word)) }
            patterns.append(pattern)
        }
        guard !patterns.isEmpty else { throw EmptyPattern(text: "") }
        self.patterns = patterns
    }

    /// Whether a build of the branch or tag matches. A list that only excludes branches matches all others, as in a
    /// branch filter. A tag always needs a pattern that matches it.
    package func match(_ ref: Ref) -> Bool {
        let (name, isTag) =
            switch ref {
            case .branch(let name): (Array(name.utf8), false)
            case .tag(let name): (Array(name.utf8), true)
            }
        let relevant = patterns.filter { $0.isOfTags == isTag }
        let onlyExcludes = !isTag && !relevant.isEmpty && patterns.allSatisfy(\.isNegated)
        let isIncluded = onlyExcludes || relevant.contains { !$0.isNegated && Self.matches(name, $0.glob) }
        return isIncluded && !relevant.contains { $0.isNegated && Self.matches(name, $0.glob) }
    }

    /// Whether the glob matches the name. Backtracks only to the last `*`, so the time is at most the product of both
    /// lengths.
    private static func matches(_ name: [UInt8], _ glob: [UInt8]) -> Bool {
        var (nameIndex, globIndex) = (0, 0)
        var star: (glob: Int, name: Int)?
        while nameIndex < name.count {
            if globIndex < glob.count, glob[globIndex] == UInt8(ascii: "*") {
                star = (globIndex, nameIndex)
                globIndex += 1
            } else if globIndex < glob.count, glob[globIndex] == name[nameIndex] {
                nameIndex += 1
                globIndex += 1
            } else if let last = star {
                star = (last.glob, last.name + 1)
                (globIndex, nameIndex) = (last.glob + 1, last.name + 1)
            } else {
                return false
            }
        }
        return glob[globIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// A pattern without a name, or a list without patterns.
package struct EmptyPattern: Error, Equatable, CustomStringConvertible {
    package let text: String

    package var description: String {
        text.isEmpty ? "expected at least one pattern" : "\"\(text)\" has no name in it"
    }
}
