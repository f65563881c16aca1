import Fingerprint
package import Images
package import PluginConfiguration
package import Providers
package import Registry

/// The tags of an image in a registry, with data from their records, or from the images themselves if they have none.
package struct RegistryCatalog: Equatable, Sendable {
    package struct Item: Equatable, Sendable {
        package let tag: String
        /// 40 hex digits.
        package let key: String
        /// The digest of the manifest that the tag names.
        package let digest: Digest
        /// Nil if the registry has none.
        package let record: ImageRecord?
        /// The build time, in milliseconds since 1970; nil if neither the record nor the image has it.
        package let builtAt: Int64?
        /// The total size of the layers, packed, in bytes; nil if unknown.
        package let bytes: Int64?
    }

    /// The items, newest first.
    package let items: [Item]

    /// Queries every tag of the image, with three or four requests each. Throws if the registry cannot be queried.
    ///
    /// - Parameters:
    ///   - prefix: the prefix of the wanted keys; empty for all
    ///   - readsRecords: whether a record may tell whose image it is. What is deleted must be known from the images
    ///     themselves: anyone with write access to the registry can change a record
    ///   - progress: called with the number of tags processed so far, and the total
    package init(
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry,
        prefix: String = "",
        readsRecords: Bool = true,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws {
        let tags = try await registry.tags() ?? []
        let artifacts = tags.compactMap(ArtifactTag.init).filter { $0.prefix == cache.place.tag }
        let records = readsRecords ? Set(artifacts.filter { $0.kind == .record }.map(\.description)) : []
        let wanted = tags.compactMap { tag in
            CacheTag(tag).flatMap { $0.prefix == cache.place.tag && $0.key.hasPrefix(prefix) ? (tag, $0) : nil }
        }
        let items = try await ManyQueries.results(for: wanted, progress: progress) { tag, cacheTag in
            try await Self.item(tag, cacheTag, cache, registry, records)
        }
        self.items = items.compactMap(\.self).sorted { ($1.builtAt ?? 0, $0.tag) < ($0.builtAt ?? 0, $1.tag) }
    }

    /// The item for a tag; nil if the tag was deleted meanwhile, or belongs to another image.
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
            // A record that names another image may be wrong, so the image itself decides.
            if var record = content.flatMap({ ImageRecord($0, of: named.digest) }), record.key == cacheTag.key,
                record.image == cache.image.description
            {
                // Up to 180 KiB each, and a repository can have thousands.
                record.keyRecord = nil
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
    /// The first image in a manifest; nil if there is none, or none that can be read.
    package func readableImage(in named: FetchedManifest) async throws -> RegistryImage? {
        do {
            return try await image(in: named, platform: nil)
        } catch let error as RegistryError where error.isOfContent {
            return nil
        }
    }
}
