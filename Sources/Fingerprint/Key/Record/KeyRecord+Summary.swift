extension KeyRecord {
    /// The same with paths of at most `depth` components. What lies deeper is one item with its directory, whose mark
    /// changes with everything below it. In how many steps a summary was made does not matter.
    ///
    /// - Parameter depth: nil changes nothing
    package func summarized(toDepth depth: Int?) -> KeyRecord {
        guard let depth, depth < fileDepth ?? .max else { return self }
        var summary = self
        summary.fileDepth = depth
        summary.files = []
        // Sorted as bytes, all that is below one directory stands together.
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

    /// The same, so small that ``bytes`` has at most `limit` bytes; nil if no summary is.
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

    /// What an item adds to the mark of a directory that stands for it: the sum of these is the same whatever stood
    /// for it before.
    private func contribution(of file: Item) -> UInt64 {
        if let fileDepth, Self.directory(of: file.name, depth: fileDepth) == file.name { return file.mark }
        return Self.mark(of: file.name + [0] + withUnsafeBytes(of: file.mark.bigEndian) { Array($0) })
    }

    /// The directory that stands for a path with more than `depth` components, with a slash at its end; nil for a path
    /// that stands for itself. With a depth of 0, it is the whole context.
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
