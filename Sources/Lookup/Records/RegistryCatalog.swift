import Fingerprint
package import Images
package import PluginConfiguration
package import Providers
package import Registry

/// What a registry has of an image: its tags, and what their records say, or where there is none the images themselves.
package struct RegistryCatalog: Equatable, Sendable {
    package struct Item: Equatable, Sendable {
        package let tag: String
        /// 40 hex digits.
        package let key: String
        /// Of what the tag names.
        package let digest: Digest
        /// Nil where the registry has none of it.
        package let record: ImageRecord?
        /// Milliseconds since 1970; nil where neither record nor image says.
        package let builtAt: Int64?
        /// Total size of the layers, packed, in bytes; nil where it is not known.
        package let bytes: Int64?
    }

    /// The newest first.
    package let items: [Item]

    /// How many tags are asked for at a time.
    private static let width = 8

    /// Asks for every tag of the image, three or four requests each. Throws if the registry cannot be asked.
    ///
    /// - Parameters:
    ///   - prefix: the beginning of the keys that are asked for; empty for all
    ///   - progress: is told how many tags of how many have been looked at
    package init(
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry,
        prefix: String = "",
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws {
        let tags = try await registry.tags() ?? []
        let artifacts = tags.compactMap(ArtifactTag.init).filter { $0.prefix == cache.place.tag }
        let records = Set(artifacts.filter { $0.kind == .record }.map(\.description))
        let wanted = tags.compactMap { tag in
            CacheTag(tag).flatMap { $0.prefix == cache.place.tag && $0.key.hasPrefix(prefix) ? (tag, $0) : nil }
        }
        let items = try await withThrowingTaskGroup(of: Item?.self) { tasks in
            var waiting = wanted.makeIterator()
            var items: [Item] = []
            var done = 0
            func startNext() {
                guard let (tag, cacheTag) = waiting.next() else { return }
                tasks.addTask { try await Self.item(tag, cacheTag, cache, registry, records) }
            }
            for _ in 0..<Self.width { startNext() }
            while let item = try await tasks.next() {
                done += 1
                progress(done, wanted.count)
                if let item { items.append(item) }
                startNext()
            }
            return items
        }
        self.items = items.sorted { ($1.builtAt ?? 0, $0.tag) < ($0.builtAt ?? 0, $1.tag) }
    }

    /// Nil for a tag that has gone meanwhile, and for another image's.
    private static func item(
        _ tag: String,
        _ cacheTag: CacheTag,
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry,
        _ records: Set<String>
    ) async throws -> Item? {
        let reference = try ImageReference(repository: registry.repository, tag: tag)
        guard let named = try await registry.manifest(of: reference) else { return nil }
        let place = ArtifactTag(.record, prefix: cache.place.tag, digest: named.digest).description
        if records.contains(place) {
            let content = try await registry.artifact(
                ImageReference(repository: registry.repository, tag: place),
                type: ImageRecord.type,
                limit: ImageRecord.limit
            )
            // A record of another image may be wrong: then the image itself says whose it is.
            if let record = content.flatMap({ ImageRecord($0, of: named.digest) }), record.key == cacheTag.key,
                record.image == cache.image.description
            {
                return Item(
                    tag: tag,
                    key: cacheTag.key,
                    digest: named.digest,
                    record: record,
                    builtAt: record.builtAt,
                    bytes: record.imageBytes
                )
            }
        }
        let image = try await registry.readableImage(in: named)
        guard image?.configuration.labels[ImageAge.imageLabel] ?? cache.image.description == cache.image.description
        else { return nil }
        return Item(
            tag: tag,
            key: cacheTag.key,
            digest: named.digest,
            record: nil,
            builtAt: image.flatMap { ImageAge.builtAt($0.configuration) },
            bytes: image?.manifest.layerBytes
        )
    }
}

extension CacheRegistry {
    /// The first image in what a name stands for; nil if there is none, or none that can be read.
    package func readableImage(in named: FetchedManifest) async throws -> RegistryImage? {
        do {
            return try await image(in: named, platform: nil)
        } catch let error as RegistryError where error.isOfContent {
            return nil
        }
    }
}
