extension KeyRecord {
    /// Returns the record with paths of at most `depth` components. Deeper paths are merged into one item per
    /// directory, with a mark that changes with everything below it. The result does not depend on the number of steps
    /// in which a summary is made.
    ///
    /// - Parameter depth: nil changes nothing
    package func summarized(toDepth depth: Int?) -> KeyRecord {
        guard let depth, depth < fileDepth ?? .max else { return self }
        var summary = self
        summary.fileDepth = depth
        summary.files = []
        // Sorted as bytes, everything below one directory is contiguous.
        for file in files {
            guard let directory = Self.directory(of: file.name, depth: depth) else {
                summary.files.append(file)
                continue
            }
            if summary.files.last?.name != directory { summary.files.append(Item(name: directory, mark: 0)) }
            summary.files[summary.files.count - 1].mark &+= contribution(of: file)
        }
        return summary
    }

    /// Returns a summary with at most `limit` bytes in ``bytes``; nil if there is none.
    package func summarized(toBytes limit: Int) -> KeyRecord? {
        var summary = self
        var depth = files.lazy.map { file in file.name.count { $0 == DockerfileText.slash } }.max() ?? 0
        while summary.bytes.count > limit {
            guard depth >= 0 else { return nil }
            summary = summary.summarized(toDepth: depth)
            depth -= 1
        }
        return summary
    }

    /// Returns what an item adds to the mark of the directory that represents it. The sum is the same, whatever
    /// represented the items before.
    private func contribution(of file: Item) -> UInt64 {
        if let fileDepth, Self.directory(of: file.name, depth: fileDepth) == file.name { return file.mark }
        return Self.mark(of: file.name + [0] + withUnsafeBytes(of: file.mark.bigEndian) { Array($0) })
    }

    /// Returns the directory, with a trailing slash, that represents a path with more than `depth` components; nil for
    /// a path that represents itself. With a depth of 0, it is the whole context.
    private static func directory(of path: [UInt8], depth: Int) -> [UInt8]? {
        guard depth > 0 else { return Array("./".utf8) }
        var components = 0
        for (position, byte) in path.enumerated() where byte == DockerfileText.slash {
            components += 1
            if components == depth { return Array(path[...position]) }
        }
        return nil
    }
}
