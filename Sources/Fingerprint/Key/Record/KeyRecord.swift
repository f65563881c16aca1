import Crypto

/// The components of a key, small enough to be stored and detailed enough to show what changed in the next key.
///
/// It contains names, paths and digests, but no content of a file, and no value of a build argument or a secret.
package struct KeyRecord: Equatable, Sendable {
    /// A part of the key, by its name or path.
    package struct Item: Equatable, Sendable {
        package var name: [UInt8]
        /// The first eight bytes of a SHA-256 of its content. Enough to detect a change where there is no reason to
        /// forge a collision.
        package var mark: UInt64

        init(name: [UInt8], mark: UInt64) {
            self.name = name
            self.mark = mark
        }
    }

    /// The components of the key, see ``KeyInputs/components``.
    package var components: [Item] = []
    /// The values of the components that are names, such as the target's, for display.
    package var texts: [String: String] = [:]
    /// The build arguments that are part of the key.
    package var arguments: [Item] = []
    /// The path of the Dockerfile, relative to the working directory or absolute; empty if it was given inline.
    package var dockerfilePath: [UInt8] = []
    /// The marks of the lines of the Dockerfile, in order.
    package var lines: [UInt64] = []
    /// The entries of the context that are part of the key, and the files of a `cache-key`, sorted by path as bytes.
    package var files: [Item] = []
    /// How many components of a path ``files`` distinguishes; nil for all of them. Deeper paths are merged into one
    /// item per directory.
    package var fileDepth: Int?
    /// The reasons why the whole context is part of the key; empty if it is not, or if that was requested.
    package var reasons: [String] = []

    package init() {}

    /// - Parameters:
    ///   - dockerfile: the bytes of the whole file.
    ///   - dockerfilePath: empty if it was given inline.
    ///   - coverage: nil if a `cache-key` replaces everything.
    package init(
        _ inputs: KeyInputs,
        dockerfile: [UInt8],
        dockerfilePath: [UInt8],
        coverage: InputCoverage?,
        context: ScannedContext?
    ) {
        self.dockerfilePath = dockerfilePath
        components = inputs.fields.map { Item(name: Array($0.name.utf8), mark: Self.mark(of: $0.value) & Self.short) }
        texts["target"] = inputs.target
        texts["platform"] = inputs.platform
        texts["build-platform"] = inputs.buildPlatform
        let text = DockerfileText.string(dockerfile)
        var hidden = 0
        for image in inputs.baseImages ?? [] {
            var name = image.name
            // A name that the Dockerfile does not contain comes from a build argument. A front end's never does.
            if !text.contains(name), !name.hasPrefix("# syntax=") {
                hidden += 1
                name = "\(hidden) that a build argument names"
            }
            texts["base image \(name)"] = image.meaning
        }
        arguments = (inputs.buildArguments ?? []).map { argument in
            Item(name: Array(argument.name.utf8), mark: Self.mark(of: BuildArgument.encode([argument])) & Self.short)
        }
        lines = Self.lines(of: dockerfile).map { Self.mark(of: $0) }
        switch (coverage, context) {
        case (.copied(_, let selected), let context?):
            files = Self.files(of: selected, in: context)
        case (.whole(let reasons), let context?):
            self.reasons = reasons.map(\.descriptionWithoutValues)
            context.forEachEntry { files.append(Self.item($0)) }
            files.sort { $0.name.lexicographicallyPrecedes($1.name) }
        default:
            files = Self.files(of: inputs.cacheKey ?? [])
        }
    }

    /// The part of a mark that is kept where the values of build arguments are in it. Two bytes are enough to detect a
    /// change, and too few to find a value by trial and error.
    private static let short: UInt64 = 0xFFFF

    /// Returns the lines of a Dockerfile without their line endings. Their numbers start at 1.
    package static func lines(of dockerfile: [UInt8]) -> [ArraySlice<UInt8>] {
        dockerfile.split(separator: 0x0A, omittingEmptySubsequences: false).map(DockerfileText.withoutNewline)
    }

    static func mark(of bytes: some Sequence<UInt8>) -> UInt64 {
        var hasher = SHA256()
        hasher.update(data: Array(bytes))
        return hasher.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A directory's own digest would change with everything below it, so only its permission bits are used here.
    private static func item(_ entry: ContextEntry) -> Item {
        let isDirectory = entry.type == .directory
        let content = isDirectory ? [] : entry.digest.bytes
        let bits = [entry.type.rawValue, UInt8(entry.permissions >> 8), UInt8(entry.permissions & 0xFF)]
        return Item(
            name: isDirectory ? entry.path + [DockerfileText.slash] : entry.path,
            mark: isDirectory
                ? UInt64(entry.permissions)
                : content.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ^ mark(of: bits)
        )
    }

    private static func files(of selected: [SelectedSource], in context: ScannedContext) -> [Item] {
        var byName: [[UInt8]: UInt64] = [:]
        func add(_ entry: ContextEntry) {
            let item = item(entry)
            byName[item.name] = item.mark
        }
        for entry in selected.flatMap(\.entries) {
            if !entry.path.isEmpty { add(entry) }
            if entry.type == .directory, entry.digest != .zero {
                context.forEachEntry(below: entry.path, add)
            }
        }
        return sorted(byName)
    }

    private static func files(of elements: [CacheKeyElement]) -> [Item] {
        var byName: [[UInt8]: UInt64] = [:]
        for case .files(_, let matches) in elements {
            for match in matches { byName[match.path] = mark(of: match.digest) }
        }
        return sorted(byName)
    }

    private static func sorted(_ byName: [[UInt8]: UInt64]) -> [Item] {
        byName.map { Item(name: $0.key, mark: $0.value) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
}

extension KeyRecord {
    /// Whether the record was made from this Dockerfile.
    package func holds(dockerfile: [UInt8]) -> Bool { Self.lines(of: dockerfile).map { Self.mark(of: $0) } == lines }
}
