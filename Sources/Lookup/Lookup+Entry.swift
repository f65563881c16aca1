import Buildkite
import Fingerprint
import Host
import Images
import PluginConfiguration
import Store

extension Lookup {
    /// Saves the index entry that promises an image for `key`.
    ///
    /// - Parameters:
    ///   - place: the place of the image
    ///   - localImage: its id in the daemon; nil if it was not pulled to the agent
    ///   - saved: the image in the registry; nil if it does not have it
    ///   - signature: nil if it is not signed
    ///   - builtAt: milliseconds since 1970
    ///   - buildMilliseconds: nil if it was not built here
    ///   - hits: the number of hits so far
    func save(
        _ key: Key,
        _ place: CachePlace,
        localImage: String?,
        sizeBytes: Int64?,
        saved: Saved?,
        signature: Signed?,
        builtAt: Int64,
        buildMilliseconds: Int64?,
        hits: Int64
    ) {
        let now = surroundings.now()
        var entry = Entry(
            key: key.description,
            scope: cache.writtenScope(place),
            image: cache.image.description,
            provider: place.providerName,
            localImageID: localImage,
            cacheImage: saved?.cacheImage.description,
            registryDigest: saved?.digest,
            sizeBytes: sizeBytes,
            builtAt: builtAt,
            createdAt: now,
            lastUsedAt: now,
            hits: hits,
            pipeline: job.pipeline,
            buildMilliseconds: buildMilliseconds,
            signature: signature?.text
        )
        index.attempt { index in
            if localImage == nil, let known = try index.entries.find(key: entry.key, scope: entry.scope),
                known.registryDigest == saved?.digest
            {
                // The daemon's image, if any, is from the same build.
                entry.localImageID = known.localImageID
            }
            try index.entries.save(entry)
        }
    }
}
