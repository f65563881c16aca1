import Garbage
import Host
import Images
import Lookup
import PluginConfiguration
import Providers
import Registry
import Signatures
import Store

/// `docker-cache gc --registry`: from options to removals from the registry.
struct RegistryGarbageSession {
    let cache: CacheConfiguration
    let registry: CacheRegistry
    let index: Index
    let isDryRun: Bool
    /// Milliseconds since 1970.
    let now: Int64

    static func run(
        _ configuration: CacheConfiguration,
        _ index: Index,
        isDryRun: Bool,
        _ surroundings: Surroundings
    ) async throws -> GarbageReport {
        try await RegistrySession.run(configuration, index: index.path, surroundings) { cache, registry in
            let session = RegistryGarbageSession(
                cache: cache,
                registry: registry,
                index: index,
                isDryRun: isDryRun,
                now: surroundings.now()
            )
            return try await session.collect()
        }
    }

    private func collect() async throws -> GarbageReport {
        var expired: [String: Digest] = [:]
        var kept: [GarbageReport.Line] = []
        let tags = try await registry.tags() ?? []
        for tag in tags {
            guard let cacheTag = CacheTag(tag), cacheTag.prefix == cache.place.tag else { continue }
            let reference = try ImageReference(repository: registry.repository, tag: tag)
            guard let named = try await registry.manifest(of: reference) else { continue }
            switch RegistryGarbage.judge(
                cacheTag,
                image: cache.image,
                try await registry.readableImage(in: named)?.configuration,
                maximumAge: cache.maximumAge,
                now: now
            ) {
            case .remove: expired[tag] = named.digest
            case .keep: break
            case .notOurs(let why):
                kept.append(GarbageReport.Line(kind: "cache image", name: "\(reference)", why: why, bytes: nil))
            }
        }
        // An entry must stop promising an image before the image is removed.
        if !isDryRun {
            for tag in expired.keys {
                guard let key = CacheTag(tag)?.key else { continue }
                let name = "\(registry.repository):\(tag)"
                for scope in cache.place.scopes {
                    try index.entries.releaseCacheImage(key: key, scope: scope, cacheImage: name)
                }
            }
        }
        let images = try await registry.delete(Set(expired.keys), expected: expired, isRehearsal: isDryRun)
        let orphans = try await orphans(among: tags, after: images)
        let records = try await registry.delete(orphans, expected: [:], isRehearsal: isDryRun)
        return RegistryGarbage.report(images, repository: registry.repository, notOurs: kept, isDryRun: isDryRun)
            .adding(RegistryGarbage.report(ofRecords: records, repository: registry.repository, isDryRun: isDryRun))
    }

    /// The digest of the image that a record or a signature belongs to; nil if that is a different image, which may be
    /// another user's.
    private func owner(of tag: ArtifactTag) async throws -> Digest? {
        let place = try ImageReference(repository: registry.repository, tag: tag.description)
        switch tag.kind {
        case .record:
            let content = try await registry.artifact(place, type: ImageRecord.type, limit: ImageRecord.limit)
            let record = content.flatMap { ImageRecord($0, under: tag) }
            return record?.image == cache.image.description ? record.flatMap { Digest($0.digest) } : nil
        case .signature:
            let content = try await registry.artifact(
                place,
                type: MediaType(SignatureEnvelope.mediaType),
                limit: SignatureEnvelope.limit
            )
            let statement = content.flatMap { SignatureEnvelope(parsing: $0) }
                .flatMap { ImageStatement(payload: $0.payload) }
            guard let statement, statement.image == cache.image.description,
                ArtifactTag(.signature, prefix: tag.prefix, digest: statement.digest) == tag
            else { return nil }
            return statement.digest
        }
    }

    /// The tags of this image's records and signatures that have no image in the registry after `deletion`.
    private func orphans(among tags: [String], after deletion: TagDeletion) async throws -> Set<String> {
        let deleted = Set(deletion.groups.filter { $0.outcome == .deleted }.map(\.digest))
        var orphans: Set<String> = []
        for tag in tags {
            guard let artifactTag = ArtifactTag(tag), artifactTag.prefix == cache.place.tag,
                let digest = try await owner(of: artifactTag)
            else { continue }
            if deleted.contains(digest) {
                orphans.insert(tag)
            } else if try await !registry.has(digest) {
                orphans.insert(tag)
            }
        }
        return orphans
    }
}
