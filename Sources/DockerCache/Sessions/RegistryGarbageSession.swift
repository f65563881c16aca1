import Garbage
import Host
import Images
import Logging
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
    let log: Logger

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
                now: surroundings.now(),
                log: surroundings.log
            )
            return try await session.collect()
        }
    }

    /// What was found under a tag.
    private struct Seen: Sendable {
        let tag: String
        let digest: Digest
        let judgement: RegistryGarbage.Judgement
    }

    private func collect() async throws -> GarbageReport {
        let tags = try await registry.tags() ?? []
        let ours = tags.compactMap { tag in
            CacheTag(tag).flatMap { $0.prefix == cache.place.tag ? (tag, $0) : nil }
        }
        let seen = try await ManyQueries.results(for: ours, progress: note) { [cache, registry, now] tag, cacheTag in
            try await Self.look(tag, cacheTag, cache, registry, now: now)
        }.compactMap(\.self)
        var expired: [String: Digest] = [:]
        var kept: [GarbageReport.Line] = []
        for one in seen {
            switch one.judgement {
            case .remove: expired[one.tag] = one.digest
            case .keep: break
            case .notOurs(let why):
                let name = "\(registry.repository):\(one.tag)"
                kept.append(GarbageReport.Line(kind: "cache image", name: name, why: why, bytes: nil))
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
        let orphans = try await orphans(among: tags, after: images, Set(seen.map(\.digest)))
        let records = try await registry.delete(orphans, expected: [:], isRehearsal: isDryRun)
        return RegistryGarbage.report(images, repository: registry.repository, notOurs: kept, isDryRun: isDryRun)
            .adding(RegistryGarbage.report(ofRecords: records, repository: registry.repository, isDryRun: isDryRun))
    }

    /// Nil if the tag was deleted meanwhile.
    private static func look(
        _ tag: String,
        _ cacheTag: CacheTag,
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry,
        now: Int64
    ) async throws -> Seen? {
        let reference = try ImageReference(repository: registry.repository, tag: tag)
        guard let named = try await registry.manifest(of: reference) else { return nil }
        let judgement = RegistryGarbage.judge(
            cacheTag,
            image: cache.image,
            try await registry.readableImage(in: named)?.configuration,
            maximumAge: cache.maximumAge,
            now: now
        )
        return Seen(tag: tag, digest: named.digest, judgement: judgement)
    }

    private func note(_ done: Int, of all: Int) {
        if done.isMultiple(of: 100) { log.notice("Looked at \(done) of \(all) tags.") }
    }

    /// The digest of the image that a record or a signature belongs to; nil if that is a different image, which may be
    /// another user's.
    private static func owner(
        of tag: ArtifactTag,
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry
    ) async throws -> Digest? {
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
    ///
    /// - Parameter seen: the digests of the images before that
    private func orphans(
        among tags: [String],
        after deletion: TagDeletion,
        _ seen: Set<Digest>
    ) async throws -> Set<String> {
        let deleted = Set(deletion.groups.filter { $0.outcome == .deleted }.map(\.digest))
        // Whatever belongs to an image that stays need not be looked at.
        let staying = Set(
            seen.subtracting(deleted).flatMap { digest in
                ArtifactTag.Kind.allCases.map { ArtifactTag($0, prefix: cache.place.tag, digest: digest).description }
            }
        )
        let artifacts = tags.compactMap(ArtifactTag.init).filter {
            $0.prefix == cache.place.tag && !staying.contains($0.description)
        }
        return Set(
            try await ManyQueries.results(for: artifacts, progress: note) { [cache, registry] tag -> String? in
                guard let digest = try await Self.owner(of: tag, cache, registry) else { return nil }
                if deleted.contains(digest) { return tag.description }
                return try await registry.has(digest) ? nil : tag.description
            }.compactMap(\.self)
        )
    }
}
