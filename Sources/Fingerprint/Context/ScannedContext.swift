/// The result of scanning a context: one digest over all of it, and all its entries.
package struct ScannedContext: Sendable {
    /// The digest of everything that belongs to the context.
    package let digest: ContextDigest
    package internal(set) var statistics: ScanStatistics
    private let directories: [ScanDirectory]

    /// - Parameter directories: by number, completely scanned. A child's number is higher than its parent's.
    init(directories: [ScanDirectory], statistics: ScanStatistics) {
        var digestOf = DirectoryDigest()
        var digest = ContextDigest.zero
        for directory in directories.reversed() {
            digest = directory.digest ?? digestOf(directory)
            guard directory.number > 0 else {
                break
            }
            let parent = directories[directory.parent]
            parent.entries[directory.indexInParent].digest = digest
            if directory.isIncludedIfNeeded, directory.entries.allSatisfy(\.isDropped) {
                parent.entries[directory.indexInParent].isDropped = true
            }
        }
        self.digest = digest
        self.statistics = statistics
        self.directories = directories
    }

    /// Calls `body` with every entry below the directory `top`: a directory before its entries, otherwise in the order
    /// of the names as bytes. An empty path is the root.
    package func forEachEntry<Failure: Error>(
        below top: [UInt8] = [],
        _ body: (ContextEntry) throws(Failure) -> Void
    ) throws(Failure) {
        guard let first = directory(at: top) else {
            return
        }
        // Iterative, because a tree can be deeper than the stack.
        var path = top
        var open: [(directory: ScanDirectory, next: Int, pathLength: Int)] = [(first, 0, top.count)]
        while let (directory, next, pathLength) = open.last {
            path.removeSubrange(pathLength...)
            guard next < directory.entries.count else {
                open.removeLast()
                continue
            }
            open[open.count - 1].next += 1
            let entry = directory.entries[next]
            guard !entry.isDropped else {
                continue
            }
            if pathLength > 0 {
                path.append(UInt8(ascii: "/"))
            }
            directory.withName(of: next) { path.append(contentsOf: $0) }
            try body(
                ContextEntry(
                    path: path,
                    type: entry.type,
                    permissions: entry.permissions,
                    size: entry.size,
                    digest: entry.digest
                )
            )
            if entry.type == .directory {
                open.append((directories[Int(entry.directory)], 0, path.count))
            }
        }
    }

    /// All entries, in the order of ``forEachEntry(below:_:)``.
    package var entries: [ContextEntry] {
        var entries: [ContextEntry] = []
        forEachEntry { entries.append($0) }
        return entries
    }

    /// Returns the entry at `path`; nil if it does not belong to the context. For the root, use ``digest``.
    package func entry(at path: [UInt8]) -> ContextEntry? {
        var directory = directories[0]
        var found: ScanEntry?
        for name in path.split(separator: UInt8(ascii: "/")) {
            if let found {
                guard found.type == .directory else {
                    return nil
                }
                directory = directories[Int(found.directory)]
            }
            found = directory.entry(named: Array(name))
            guard found != nil else {
                return nil
            }
        }
        return found.map {
            ContextEntry(path: path, type: $0.type, permissions: $0.permissions, size: $0.size, digest: $0.digest)
        }
    }

    private func directory(at path: [UInt8]) -> ScanDirectory? {
        var directory = directories[0]
        for name in path.split(separator: UInt8(ascii: "/")) {
            guard let entry = directory.entry(named: Array(name)), entry.type == .directory else {
                return nil
            }
            directory = directories[Int(entry.directory)]
        }
        return directory
    }

    /// Returns the entries of the directory at `path`, in the order of their names as bytes; an empty path is the root.
    /// Empty if there is no such directory.
    package func children(of path: [UInt8]) -> [ContextEntry] {
        guard let directory = directory(at: path) else {
            return []
        }
        let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
        return directory.entries.indices.filter { !directory.entries[$0].isDropped }.map { index in
            let entry = directory.entries[index]
            return ContextEntry(
                path: directory.withName(of: index) { prefix + $0 },
                type: entry.type,
                permissions: entry.permissions,
                size: entry.size,
                digest: entry.digest
            )
        }
    }
}

extension ScanDirectory {
    /// Returns the entry with the given name, found by binary search.
    fileprivate func entry(named name: [UInt8]) -> ScanEntry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let order = withName(of: middle) { candidate in name.withUnsafeBytes { candidate.compare($0) } }
            if order == 0 {
                return entries[middle].isDropped ? nil : entries[middle]
            }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
