import Buildkite
import Docker
import Fingerprint
import Images
import Logging
import Providers
import Store

/// Keeping the image for next time: in the registry and in the index.
extension Lookup {
    /// Pushes the image, and moves the fallback tag to it. Returns the digest in the registry, if it is there.
    mutating func push(
        _ key: Key,
        _ image: ImageDetails,
        _ registry: inout CacheRegistry?
    ) async throws -> String? {
        guard let cacheImage = try cache.cacheImage(key), let fallback = try cache.fallbackImage(),
            var current = registry
        else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Saving \(cacheImage)")
        return try await times.measure(.save) { () async throws -> String? in
            do {
                let digest = try await current.push(image.id, as: cacheImage)
                do {
                    _ = try await current.push(image.id, as: fallback)
                } catch {
                    try Task.checkCancellation()
                    surroundings.log.warning("The image is saved, but \(fallback) could not be moved to it: \(error)")
                }
                return digest
            } catch {
                try Task.checkCancellation()
                surroundings.log.warning(
                    "The image could not be saved as \(cacheImage): \(error) The step goes on with the image it has."
                )
                return nil
            }
        }
    }

    /// Writes the entry that promises `image` for `key`.
    ///
    /// - Parameters:
    ///   - cacheImage: the image in the registry; nil without one
    ///   - builtAt: milliseconds since 1970
    ///   - buildMilliseconds: nil if it was not built here
    func save(
        _ key: Key,
        image: ImageDetails,
        cacheImage: ImageReference?,
        digest: String?,
        builtAt: Int64,
        buildMilliseconds: Int64?
    ) {
        let now = surroundings.now()
        let entry = Entry(
            key: key.description,
            scope: cache.scope,
            image: cache.image.description,
            provider: cache.providerName,
            localImageID: image.id,
            cacheImage: cacheImage?.description,
            registryDigest: digest,
            sizeBytes: image.size,
            builtAt: builtAt,
            createdAt: now,
            lastUsedAt: now,
            hits: outcome == .registryHit ? 1 : 0,
            pipeline: job.pipeline,
            buildMilliseconds: buildMilliseconds
        )
        index.attempt { try $0.entries.save(entry) }
    }
}
