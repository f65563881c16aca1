/// A row of the index that says which image a key stands for.
package struct Entry: Equatable, Sendable {
    /// 40 hex digits.
    package var key: String
    /// Names provider, repository and image; opaque to the index.
    package var scope: String
    /// The image's name, without a tag.
    package var image: String
    /// The provider that saved it.
    package var provider: String
    /// The id in the agent's Docker daemon (`sha256:…`).
    package var localImageID: String?
    /// The image in the registry: `<repository>:<tag>-<key>`.
    package var cacheImage: String?
    /// The digest of its manifest in the registry (`sha256:…`).
    package var registryDigest: String?
    /// Bytes.
    package var sizeBytes: Int64?
    /// When the image was built, in milliseconds since 1970. Age counts from here.
    package var builtAt: Int64
    /// When the entry was first saved, in milliseconds since 1970.
    package var createdAt: Int64
    /// When a lookup last gave the image out, in milliseconds since 1970.
    package var lastUsedAt: Int64
    /// How often a lookup gave the image out without building it.
    package var hits: Int64
    /// The pipeline that saved it.
    package var pipeline: String?
    /// How long the build took; what a hit saves.
    package var buildMilliseconds: Int64?

    package init(
        key: String,
        scope: String,
        image: String,
        provider: String,
        localImageID: String? = nil,
        cacheImage: String? = nil,
        registryDigest: String? = nil,
        sizeBytes: Int64? = nil,
        builtAt: Int64,
        createdAt: Int64,
        lastUsedAt: Int64,
        hits: Int64 = 0,
        pipeline: String? = nil,
        buildMilliseconds: Int64? = nil
    ) {
        self.key = key
        self.scope = scope
        self.image = image
        self.provider = provider
        self.localImageID = localImageID
        self.cacheImage = cacheImage
        self.registryDigest = registryDigest
        self.sizeBytes = sizeBytes
        self.builtAt = builtAt
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.hits = hits
        self.pipeline = pipeline
        self.buildMilliseconds = buildMilliseconds
    }
}
