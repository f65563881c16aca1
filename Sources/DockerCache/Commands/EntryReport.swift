import Store

/// An entry as `--format json` prints it. Times are milliseconds since 1970, sizes bytes.
struct EntryReport: Encodable {
    let image, key, provider: String
    let pipeline: String?
    let builtAt, createdAt, lastUsedAt, hits: Int64
    let sizeBytes, buildMilliseconds: Int64?
    /// The id in the daemon of this agent, if the entry promises one.
    let localImageID: String?
    let cacheImage, registryDigest: String?
    /// `agent`, `registry`, `both` or `nowhere`.
    let location: String

    init(_ entry: Entry) {
        image = entry.image
        key = entry.key
        provider = entry.provider
        pipeline = entry.pipeline
        builtAt = entry.builtAt
        createdAt = entry.createdAt
        lastUsedAt = entry.lastUsedAt
        hits = entry.hits
        sizeBytes = entry.sizeBytes
        buildMilliseconds = entry.buildMilliseconds
        localImageID = entry.localImageID
        cacheImage = entry.cacheImage
        registryDigest = entry.registryDigest
        location = Self.location(entry)
    }

    /// Where the image is, as the entry says.
    static func location(_ entry: Entry) -> String {
        switch (entry.localImageID != nil, entry.cacheImage != nil) {
        case (true, true): "both"
        case (true, false): "agent"
        case (false, true): "registry"
        case (false, false): "nowhere"
        }
    }
}
