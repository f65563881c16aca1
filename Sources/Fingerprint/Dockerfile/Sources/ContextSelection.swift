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
