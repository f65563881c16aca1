package import Fingerprint
package import Images
package import Providers

/// A place for cache images: a provider with a repository, and the names of images there, in the daemon and in the
/// index.
///
/// Most builds have one. With `trusted-branches`, there are two, which share nothing (docs/trust.md).
package struct CachePlace: Sendable {
    package let image: RepositoryName
    package let provider: any Provider
    /// The prefix of cache image tags.
    package let tag: String
    package let fallbackTag: String
    /// Whether it is the place of untrusted builds.
    package let isUntrusted: Bool
    /// The repository of cache images; nil for a provider without a registry, and until the provider was queried.
    package var repository: RepositoryName?

    package init(
        image: RepositoryName,
        provider: any Provider,
        tag: String,
        fallbackTag: String,
        isUntrusted: Bool = false,
        repository: RepositoryName? = nil
    ) {
        self.image = image
        self.provider = provider
        self.tag = tag
        self.fallbackTag = fallbackTag
        self.isUntrusted = isUntrusted
        self.repository = repository
    }

    package var providerName: String { type(of: provider).name }

    package var hasRegistry: Bool { type(of: provider).hasRegistry }

    /// The name of the image in the agent's daemon.
    package func localImage(_ key: Key) throws(NameError) -> ImageReference {
        try LocalImageName.shared(image, key: key.description, isUntrusted: isUntrusted)
    }

    /// The name of the image in the registry; nil for a provider without one.
    ///
    /// - Parameter revision: numbers images beside an expired one that could not be replaced. The result is nil if the
    ///   tag would be too long or the number is too high.
    package func cacheImage(_ key: Key, revision: Int = 0) throws(NameError) -> ImageReference? {
        guard let repository = repository, revision <= Self.mostRevisions else { return nil }
        let tag = "\(tag)-\(key)" + (revision > 0 ? "-r\(revision)" : "")
        guard revision == 0 || tag.utf8.count <= ImageReference.maximumTagLength else { return nil }
        return try ImageReference(repository: repository, tag: tag)
    }

    /// One for each time that an image expires. More would require too many requests in every lookup.
    private static let mostRevisions = 99

    /// The name of the newest build in the registry; nil for a provider without one.
    package func fallbackImage() throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        return try ImageReference(repository: repository, tag: fallbackTag)
    }

    /// The name of the record or signature of the image with that digest; nil for a provider without a registry.
    package func artifact(_ kind: ArtifactTag.Kind, of digest: Digest) throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        return try ImageReference(
            repository: repository,
            tag: ArtifactTag(kind, prefix: tag, digest: digest).description
        )
    }

    /// The name for the layers of all stages, one for each image, target and platform; nil for a provider without a
    /// registry.
    package func layersImage(target: String?, platform: Platform) throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        let scope = Digest(of: "\(image)\n\(target ?? "")\n\(platform)".utf8).description
            .dropFirst("sha256:".count).prefix(12)
        return try ImageReference(repository: repository, tag: "\(tag)-\(scope)-layers")
    }

    /// Separates entries in the index that have the same image name and key but belong to different places.
    package var scope: String { isUntrusted ? untrustedScope : plainScope }

    private var plainScope: String { "\(providerName) \(repository?.description ?? ""):\(tag) \(image)" }

    private var untrustedScope: String { plainScope + " untrusted" }

    /// The scope for builds here that must not decide what others run. The place of untrusted builds has no other
    /// builds, so it needs no separate scope.
    package var isolatedScope: String { isUntrusted ? scope : Self.isolationMark + scope }

    /// All scopes with entries of this repository, for any kind of build: commands that name a repository do not know
    /// the kind.
    package var scopes: Set<String> { [plainScope, untrustedScope, Self.isolationMark + plainScope] }

    /// The prefix that such builds use in the index.
    static let isolationMark = "untrusted "
}
