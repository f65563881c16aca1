import SystemPackage

/// Finds what sources stand for in a context, going down along their paths.
package struct ContextSelection {
    let context: ScannedContext

    package init(_ context: ScannedContext) { self.context = context }

    /// Each of the sources with its entries, in the given order. Throws if a link stands in the way of one: the builder
    /// follows it, and then what is behind it counts too.
    package func select(_ sources: [ContextSource]) throws(DockerfileError) -> [SelectedSource] {
        var selected: [SelectedSource] = []
        for source in sources {
            do {
                selected.append(SelectedSource(source: source, entries: try entries(of: source)))
            } catch {
                throw DockerfileError(line: source.line, problem: error.problem)
            }
        }
        return selected
    }

    private func entries(of source: ContextSource) throws(ShellError) -> [ContextEntry] {
        let components = source.path.split(separator: DockerfileText.slash).map(Array.init)
        let plainCount = source.plainComponentCount
        var found = [root]
        var path: [UInt8] = []
        for component in components[..<plainCount] {
            path += path.isEmpty ? component : [DockerfileText.slash] + component
            guard let entry = context.entry(at: path) else {
                return []
            }
            found.append(try checked(entry))
        }
        if source.kind == .parents {
            let below = try plainCount < components.count ? parentsMatches(of: source.path, below: path) : nil
            // Directories above what is copied keep their permissions.
            return found.dropFirst().dropLast().map(Self.alone)
                + (below.map { (path.isEmpty ? [] : found.suffix(1).map(Self.alone)) + $0 } ?? found.suffix(1))
        }
        guard plainCount < components.count else {
            return found.suffix(1)
        }
        let pattern = Array(components[plainCount...].joined(separator: [DockerfileText.slash]))
        guard let pattern = GoMatchPattern(pattern) else {
            throw ShellError("a pattern that is malformed")
        }
        return try matches(of: pattern, below: path)
    }

    private var root: ContextEntry {
        ContextEntry(path: [], type: .directory, permissions: 0, size: 0, digest: context.digest)
    }

    static func alone(_ entry: ContextEntry) -> ContextEntry {
        ContextEntry(path: entry.path, type: entry.type, permissions: entry.permissions, size: 0, digest: .zero)
    }

    private func checked(_ entry: ContextEntry) throws(ShellError) -> ContextEntry {
        guard entry.type != .link else {
            throw ShellError("the builder would follow the link \(DockerfileText.string(entry.path))")
        }
        return entry
    }

    private func matches(of pattern: GoMatchPattern, below path: [UInt8]) throws(ShellError) -> [ContextEntry] {
        guard let components = pattern.components else {
            return try matchesAtAnyDepth(of: pattern, below: path)
        }
        var directories = [path]
        var found: [ContextEntry] = []
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            var entries: [ContextEntry] = []
            for directory in directories {
                for entry in context.children(of: directory) where component.matches(Self.name(of: entry)) {
                    // Only what matches to the end is followed; the walk for it enters no links.
                    if isLast {
                        entries.append(try checked(entry))
                    } else if entry.type == .directory {
                        entries.append(entry)
                    }
                }
            }
            if isLast { found = entries } else { directories = entries.map(\.path) }
        }
        return found
    }

    /// For patterns in which something else than a slash matches a slash.
    private func matchesAtAnyDepth(
        of pattern: GoMatchPattern,
        below path: [UInt8]
    ) throws(ShellError) -> [ContextEntry] {
        var found: [ContextEntry] = []
        var open = Array(context.children(of: path).reversed())
        while let entry = open.popLast() {
            if pattern.matches(Array(entry.path.dropFirst(path.isEmpty ? 0 : path.count + 1))) {
                found.append(try checked(entry))
            } else if entry.type == .directory {
                open += context.children(of: entry.path).reversed()
            }
        }
        return found
    }

    private static func name(of entry: ContextEntry) -> [UInt8] {
        Array(entry.path.suffix(from: entry.path.lastIndex(of: DockerfileText.slash).map { $0 + 1 } ?? 0))
    }
}

/// A source, and what of the context it stands for.
package struct SelectedSource: Equatable, Sendable {
    package let source: ContextSource
    /// In the order of their paths' components as bytes. A directory's digest covers all below it, unless it is zero:
    /// then only the directory itself counts. The root has an empty path. Empty if nothing matches.
    package let entries: [ContextEntry]

    /// The canonical bytes for the key: each source, and the entries it stands for. Stages and lines are not in it: the
    /// instructions tell which source is whose.
    package static func encode(_ sources: [SelectedSource]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for selected in sources {
            encoding.append(selected.source.kind.rawValue)
            encoding.append(selected.source.path)
            encoding.append("\(selected.entries.count)")
            for entry in selected.entries {
                encoding.append(entry.path)
                encoding.append([entry.type.rawValue])
                encoding.append(String(entry.permissions, radix: 8))
                encoding.append(entry.digest.bytes)
            }
        }
        return encoding.bytes
    }
}

extension ContextSelection {
    /// What `COPY --parents` takes by a pattern below a directory without wildcards, and the directories on the way to
    /// it. Nil if the pattern means something else than one of an ignore file: then all that is below counts.
    ///
    /// These are matched by moby/patternmatcher, with `**`, and not by `filepath.Match`.
    func parentsMatches(of pattern: [UInt8], below path: [UInt8]) throws(ShellError) -> [ContextEntry]? {
        guard let first = pattern.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "!"),
            DockerfileText.trimmed(pattern[...]).elementsEqual(pattern), !pattern.contains(0x0A),
            !pattern.contains(0x0D)
        else {
            return nil
        }
        let patterns: IgnorePatterns
        do {
            patterns = try IgnorePatterns(parsing: pattern, file: "Dockerfile")
        } catch {
            throw ShellError("a pattern that is malformed")
        }
        // Without a double star, a pattern matches at one depth only.
        let isBounded = !pattern.contains("**".utf8)
        let depth = pattern.count { $0 == DockerfileText.slash } + 1
        var found: [ContextEntry] = []
        var open = Array(context.children(of: path).reversed())
        while let entry = open.popLast() {
            if try matches(entry.path, patterns) {
                found.append(entry)
            } else if entry.type == .directory,
                !isBounded || entry.path.count(where: { $0 == DockerfileText.slash }) + 1 < depth
            {
                open += context.children(of: entry.path).reversed()
            }
        }
        return withDirectories(of: found, below: path)
    }

    private func matches(_ path: [UInt8], _ patterns: IgnorePatterns) throws(ShellError) -> Bool {
        do {
            return try path.withUnsafeBufferPointer { (path) throws(IgnorePatternError) in
                try patterns.excludes(path, parent: .root)
            }
        } catch {
            throw ShellError("a pattern that is malformed")
        }
    }

    /// The entries, each behind the directories that lead to it from `path` and have not been there before.
    private func withDirectories(of entries: [ContextEntry], below path: [UInt8]) -> [ContextEntry] {
        var seen: Set<[UInt8]> = []
        var all: [ContextEntry] = []
        for entry in entries {
            for (index, byte) in entry.path.enumerated() where byte == DockerfileText.slash && index > path.count {
                let directory = Array(entry.path[..<index])
                guard seen.insert(directory).inserted, let above = context.entry(at: directory) else { continue }
                all.append(Self.alone(above))
            }
            all.append(entry)
        }
        return all
    }
}
