import Crypto
import SystemPackage

/// Finds the entries of a context that sources cover. It follows paths and links as the builder does.
package struct ContextSelection {
    let context: ScannedContext
    /// Returns the target of the link at a path in the context; nil if it is unknown.
    let target: ([UInt8]) -> [UInt8]?

    package init(_ context: ScannedContext, target: @escaping ([UInt8]) -> [UInt8]? = { _ in nil }) {
        self.context = context
        self.target = target
    }

    /// Returns each source with its entries, in the given order. Throws if a path contains a link with an unknown
    /// target.
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
        switch source.kind {
        case .mount:
            var found: [ContextEntry] = []
            if let entry = try follow(source.path, past: &found) { found.append(entry) }
            return found
        case .pattern:
            let filter = try CopyFilter(excluding: source.excludes)
            var (links, found) = try matches(of: source.path)
            for entry in found { links += copied(entry, filter: filter) }
            return links
        case .parents:
            let components = source.path.split(separator: DockerfileText.slash)
            let pivot = Array(components[..<source.pivot].joined(separator: [DockerfileText.slash]))
            let pattern = Array(components[source.pivot...].joined(separator: [DockerfileText.slash]))
            let filter = try CopyFilter(including: pattern, excluding: source.excludes)
            var (links, found) = try matches(of: pivot)
            for entry in found {
                try checkPlain(pattern, below: entry.path)
                links += copied(entry, filter: filter)
            }
            return links
        }
    }

    /// Returns the entries that a path or pattern matches, and the links on the way there.
    private func matches(of path: [UInt8]) throws(ShellError) -> (links: [ContextEntry], found: [ContextEntry]) {
        let components = path.split(separator: DockerfileText.slash).map(Array.init)
        let plainCount = ContextSource.plainCount(of: components)
        var links: [ContextEntry] = []
        let front = Array(components[..<plainCount].joined(separator: [DockerfileText.slash]))
        guard let entry = try follow(front, past: &links) else {
            return (links, [])
        }
        guard plainCount < components.count else {
            return (links, [entry])
        }
        let rest = Array(components[plainCount...].joined(separator: [DockerfileText.slash]))
        guard let pattern = GoMatchPattern(rest) else {
            throw ShellError("a pattern that is malformed")
        }
        var found: [ContextEntry] = []
        for match in matches(of: pattern, below: entry.path) {
            if let entry = try follow(match.path, past: &links) { found.append(entry) }
        }
        return (links, found)
    }

    private static let mostLinks = 40

    /// Returns the entry to which a path finally leads; nil if there is none. Adds the links on the way to `links`.
    ///
    /// A link's target is joined with its directory's path lexically, and no `..` leads out of the context.
    private func follow(_ path: [UInt8], past links: inout [ContextEntry]) throws(ShellError) -> ContextEntry? {
        let slash = DockerfileText.slash
        var rest = path.split(separator: slash)[...]
        var place: [UInt8] = []
        var entry = ContextEntry(path: [], type: .directory, permissions: 0, size: 0, digest: context.digest)
        var count = 0
        while let component = rest.popFirst() {
            place += (place.isEmpty ? [] : [slash]) + component
            guard let found = context.entry(at: place) else {
                return nil
            }
            entry = found
            guard found.type == .link else { continue }
            links.append(found)
            count += 1
            let name = DockerfileText.string(place)
            guard count <= Self.mostLinks else {
                throw ShellError("the link \(name) leads to itself")
            }
            guard let target = target(place), ContextDigest(SHA256.hash(data: target)) == found.digest,
                !Self.leavesADirectory(target)
            else {
                throw ShellError("where the link \(name) leads cannot be told")
            }
            let directory = target.first == slash ? [] : place[..<(place.lastIndex(of: slash) ?? 0)]
            let joined = [slash] + directory + [slash] + target + [slash] + Array(rest.joined(separator: [slash]))
            rest = GoPath.cleaned(joined).split(separator: slash)[...]
            place = []
            entry = ContextEntry(path: [], type: .directory, permissions: 0, size: 0, digest: context.digest)
        }
        return entry
    }

    /// Whether a `..` follows a name. If that name were a link, the result would depend on who resolves it.
    private static func leavesADirectory(_ target: [UInt8]) -> Bool {
        let components = target.split(separator: DockerfileText.slash).map(DockerfileText.string)
        return components.drop { $0 == ".." || $0 == "." }.contains("..")
    }

    /// Throws if a component before the first wildcard is a link. `COPY --parents` follows no links in what it matches.
    /// Whether it finds what they lead to is uncertain.
    private func checkPlain(_ pattern: [UInt8], below path: [UInt8]) throws(ShellError) {
        var place = path
        for component in pattern.split(separator: DockerfileText.slash) {
            guard !GoMatchPattern.holdsWildcards(component) else { return }
            place += (place.isEmpty ? [] : [DockerfileText.slash]) + component
            guard context.entry(at: place)?.type != .link else {
                throw ShellError("the builder may follow the link \(DockerfileText.string(place))")
            }
        }
    }

    private func matches(of pattern: GoMatchPattern, below path: [UInt8]) -> [ContextEntry] {
        guard let components = pattern.components else {
            return matchesAtAnyDepth(of: pattern, below: path)
        }
        var directories = [path]
        var found: [ContextEntry] = []
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            var entries: [ContextEntry] = []
            for directory in directories {
                // Links are followed only at complete matches; the search itself does not enter links.
                for entry in context.children(of: directory)
                where (isLast || entry.type == .directory) && component.matches(Self.name(of: entry)) {
                    entries.append(entry)
                }
            }
            if isLast { found = entries } else { directories = entries.map(\.path) }
        }
        return found
    }

    /// Returns the matches of a pattern in which an element other than a slash can match a slash.
    private func matchesAtAnyDepth(of pattern: GoMatchPattern, below path: [UInt8]) -> [ContextEntry] {
        var found: [ContextEntry] = []
        var open = Array(context.children(of: path).reversed())
        while let entry = open.popLast() {
            if pattern.matches(Array(entry.path.dropFirst(path.isEmpty ? 0 : path.count + 1))) {
                found.append(entry)
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

/// A source, and the context entries that it covers.
package struct SelectedSource: Equatable, Sendable {
    package let source: ContextSource
    /// The entries in the order of their paths' components as bytes. A directory's digest covers everything below it,
    /// unless it is zero: then only the directory itself is included. The root has an empty path. Empty if nothing
    /// matches.
    package let entries: [ContextEntry]

    /// Returns the canonical bytes for the key: the entries that each source covers. The encoded instructions show
    /// which instruction a source belongs to, and what happens to it. The path of a source as written is included only
    /// if the image has its directories too, or if it is not in the context: some builder may then take it for an
    /// address.
    package static func encode(_ sources: [SelectedSource]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for selected in sources {
            let source = selected.source
            encoding.append(source.kind.rawValue)
            let isWritten = source.kind != .pattern || selected.entries.isEmpty
            encoding.append(isWritten ? source.path : [])
            encoding.append("\(source.pivot)")
            encoding.append("\(selected.entries.count)")
            for entry in selected.entries {
                let isReplaced = source.setsPermissions && entry.type == .file
                encoding.append(entry.path)
                encoding.append([entry.type.rawValue])
                encoding.append(isReplaced ? "" : String(entry.permissions, radix: 8))
                encoding.append(entry.digest.bytes)
            }
        }
        return encoding.bytes
    }
}
