package import Fingerprint
package import Images
package import Providers

/// A place where cache images are kept: a provider with a repository, and what images are called there, in the daemon
/// and in the index.
///
/// Most builds know one. With `trusted-branches` there are two, which share nothing: DESIGN.md, section 13.
package struct CachePlace: Sendable {
    package let image: RepositoryName
    package let provider: any Provider
    /// What the tags of cache images begin with.
    package let tag: String
    package let fallbackTag: String
    /// Whether it is the place of untrusted builds.
    package let isUntrusted: Bool
    /// Where cache images live; nil for a provider without a registry, and until the provider was asked.
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

    /// The name the image has in the agent's daemon.
    package func localImage(_ key: Key) throws(NameError) -> ImageReference {
        try LocalImageName.shared(image, key: key.description, isUntrusted: isUntrusted)
    }

    /// The name the image has in the registry; nil for a provider without one.
    ///
    /// - Parameter revision: counts images that stand beside an expired one which could not be replaced; nil is the
    ///   answer where a tag would become too long, or where there are too many
    package func cacheImage(_ key: Key, revision: Int = 0) throws(NameError) -> ImageReference? {
        guard let repository = repository, revision <= Self.mostRevisions else { return nil }
        let tag = "\(tag)-\(key)" + (revision > 0 ? "-r\(revision)" : "")
        guard revision == 0 || tag.utf8.count <= ImageReference.maximumTagLength else { return nil }
        return try ImageReference(repository: repository, tag: tag)
    }

    /// One for each time that an image expires. More would cost every lookup too many requests.
    private static let mostRevisions = 99

    /// The newest build in the registry; nil for a provider without one.
    package func fallbackImage() throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        return try ImageReference(repository: repository, tag: fallbackTag)
    }

    /// The record or the signature of the image with that digest; nil for a provider without a registry.
    package func artifact(_ kind: ArtifactTag.Kind, of digest: Digest) throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        return try ImageReference(
            repository: repository,
            tag: ArtifactTag(kind, prefix: tag, digest: digest).description
        )
    }

    /// Where the layers of all stages are kept, one place for an image, target and platform; nil for a provider without
    /// a registry.
    package func layersImage(target: String?, platform: Platform) throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        let scope = Digest(of: "\(image)\n\(target ?? "")\n\(platform)".utf8).description
            .dropFirst("sha256:".count).prefix(12)
        return try ImageReference(repository: repository, tag: "\(tag)-\(scope)-layers")
    }

    /// What keeps entries of the same image name and key apart in the index when they belong to different places.
    package var scope: String { isUntrusted ? untrustedScope : plainScope }

    private var plainScope: String { "\(providerName) \(repository?.description ?? ""):\(tag) \(image)" }

    private var untrustedScope: String { plainScope + " untrusted" }

    /// The scope of what builds found here that must not decide what others run. At the place of untrusted builds there
    /// are no others.
    package var isolatedScope: String { isUntrusted ? scope : Self.isolationMark + scope }

    /// All scopes with entries of this repository, whichever builds it is for: commands that name a repository do not
    /// know that.
    package var scopes: Set<String> { [plainScope, untrustedScope, Self.isolationMark + plainScope] }

    /// What such builds put before what the index remembers of theirs.
    static let isolationMark = "untrusted "
}
