import SystemPackage

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
