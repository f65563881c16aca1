/// Decides what `COPY` takes from a directory, by its patterns. They are those of moby/patternmatcher, relative to each
/// directory that a source covers. Variables in them are not replaced (tested with Docker 28.5; older versions have no
/// such patterns).
struct CopyFilter {
    private let included: IgnorePatterns?
    private let excluded: IgnorePatterns
    /// The maximum depth of included entries; nil for any depth.
    private let depth: Int?

    /// - Parameter pattern: nil or empty for everything
    init(including pattern: [UInt8] = [], excluding patterns: [[UInt8]]) throws(ShellError) {
        do {
            included = pattern.isEmpty ? nil : try IgnorePatterns(matching: [pattern])
            // If a later version replaces variables, the key covers more than is copied.
            let areCertain = !patterns.contains { $0.contains(DockerfileText.dollar) }
            excluded = areCertain ? try IgnorePatterns(matching: patterns) : .none
        } catch {
            throw ShellError("a pattern that is malformed")
        }
        // Without a double star, a pattern matches at one depth only.
        depth = pattern.contains("**".utf8) ? nil : pattern.count { $0 == DockerfileText.slash } + 1
    }

    /// Whether everything is copied.
    var isEmpty: Bool { included == nil && excluded.isEmpty }
    /// Whether everything is copied that is not excluded.
    var isWholeByDefault: Bool { included == nil }

    /// The patterns that a directory matched, itself or through its parents.
    struct Matches {
        fileprivate var included = IgnorePatterns.Matches.root
        fileprivate var excluded = IgnorePatterns.Matches.root
        static let root = Matches()
    }

    struct Verdict {
        /// Whether the entry itself is copied.
        let isCopied: Bool
        /// Whether the same is true of everything below it.
        let isWhole: Bool
    }

    /// - Parameter path: relative to the directory that is copied
    func verdict(_ path: [UInt8], parent: Matches) -> (Verdict, Matches) {
        var matches = Matches()
        let isIncluded: Bool
        if let included {
            (isIncluded, matches.included) = included.matches(path, parent: parent.included)
        } else {
            isIncluded = true
        }
        let isExcluded: Bool
        (isExcluded, matches.excluded) = excluded.matches(path, parent: parent.excluded)
        let isTooDeep = depth.map { path.count { $0 == DockerfileText.slash } + 1 >= $0 } ?? false
        let isWhole =
            isExcluded
            ? !excluded.hasExceptions
            : isIncluded ? excluded.isEmpty && included?.hasExceptions != true : included != nil && isTooDeep
        return (Verdict(isCopied: isIncluded && !isExcluded, isWhole: isWhole), matches)
    }
}

extension ContextSelection {
    /// Returns the entries of `top` that reach the image. The permissions of a copied directory do not reach it, only
    /// those of its entries (tested with Docker 20.10, 26.1 and 28.5).
    func copied(_ top: ContextEntry, filter: CopyFilter) -> [ContextEntry] {
        guard top.type == .directory else {
            return [top]
        }
        guard !filter.isEmpty else {
            return [Self.bare(top, digest: top.digest)]
        }
        let length = top.path.isEmpty ? 0 : top.path.count + 1
        let (below, isAll) = copied(below: top.path, length, filter, .root)
        if isAll, filter.isWholeByDefault { return [Self.bare(top, digest: top.digest)] }
        // Without an include pattern, the directory is created, even if nothing in it is copied.
        return filter.isWholeByDefault ? [Self.bare(top, digest: .zero)] + below : below
    }

    /// - Returns: the copied entries, and whether they are everything.
    private func copied(
        below path: [UInt8],
        _ length: Int,
        _ filter: CopyFilter,
        _ parent: CopyFilter.Matches
    ) -> (entries: [ContextEntry], isAll: Bool) {
        var found: [ContextEntry] = []
        var isAll = true
        for entry in context.children(of: path) {
            let (verdict, matches) = filter.verdict(Array(entry.path.dropFirst(length)), parent: parent)
            if entry.type != .directory {
                if verdict.isCopied { found.append(entry) } else { isAll = false }
            } else if verdict.isCopied, verdict.isWhole {
                found.append(entry)
            } else if !verdict.isWhole {
                // A directory is created for its entries, with its own permissions.
                let (below, isAllBelow) = copied(below: entry.path, length, filter, matches)
                if verdict.isCopied, isAllBelow {
                    found.append(entry)
                } else {
                    isAll = false
                    if verdict.isCopied || !below.isEmpty { found.append(Self.alone(entry)) }
                    found += below
                }
            } else {
                isAll = false
            }
        }
        return (found, isAll)
    }

    static func alone(_ entry: ContextEntry) -> ContextEntry {
        ContextEntry(path: entry.path, type: entry.type, permissions: entry.permissions, size: 0, digest: .zero)
    }

    private static func bare(_ entry: ContextEntry, digest: ContextDigest) -> ContextEntry {
        ContextEntry(path: entry.path, type: entry.type, permissions: 0, size: 0, digest: digest)
    }
}

/// Finds `COPY --exclude` and `ADD --exclude` with a wildcard in a source.
///
/// BuildKit copies the entries that such a source matches, even if a pattern excludes them, but omits them from the
/// checksum by which it finds a layer. When such a file changes, the image still gets the old one (tested with 28.5, in
/// both image stores, and with `--no-cache` too if another such build runs at the same time).
package enum ExcludingWildcard {
    /// Returns the lines of such instructions, in all stages; the first line is 1. A variable may contain a wildcard,
    /// so instructions with variables are included.
    package static func lines(in dockerfile: [UInt8]) -> [Int] {
        guard let file = try? ParsedDockerfile(dockerfile) else {
            return []
        }
        return file.instructions.filter(isOne).map(\.line)
    }

    private static func isOne(_ instruction: DockerfileInstruction) -> Bool {
        switch instruction.keyword {
        case .copy, .add:
            let mayMatch = GoMatchPattern.holdsWildcards(instruction.arguments)
            return !instruction.values(ofFlag: "exclude").isEmpty
                && (mayMatch || instruction.arguments.contains(DockerfileText.dollar))
        case .onbuild:
            return (try? ParsedDockerfile.trigger(of: instruction)).map(isOne) ?? false
        default: return false
        }
    }
}
