package import Images

/// An image in a registry, for one platform, without its layers.
package struct RegistryImage: Equatable, Sendable {
    /// What the reference names: the image's manifest, or an index that has it. Its digest is the one `docker pull`
    /// shows.
    package let named: FetchedManifest
    /// The digest of the manifest of the platform. The same as that of ``named`` where there is no index.
    package let manifestDigest: Digest
    package let manifest: Manifest
    package let configuration: ImageConfiguration

    package init(
        named: FetchedManifest,
        manifestDigest: Digest,
        manifest: Manifest,
        configuration: ImageConfiguration
    ) {
        self.named = named
        self.manifestDigest = manifestDigest
        self.manifest = manifest
        self.configuration = configuration
    }

    /// The image's id in a Docker daemon.
    package var identifier: Digest { manifest.configuration.digest }

    /// All ids that it can have in a daemon, `sha256:…`: the digest of its configuration, or with containerd's image
    /// store the digest of its manifest or of the index that it was pulled by.
    package var identifiers: Set<String> {
        Set([identifier, manifestDigest, named.digest].map(\.description))
    }
}

/// A manifest or index exactly as the registry has it.
///
/// Put back under another tag it has the same digest, and nothing has to be pushed again.
package struct FetchedManifest: Equatable, Sendable {
    package let bytes: [UInt8]
    package let mediaType: MediaType
    /// The digest of ``bytes``.
    package let digest: Digest

    package init(bytes: [UInt8], mediaType: MediaType) {
        self.bytes = bytes
        self.mediaType = mediaType
        digest = Digest(of: bytes)
    }

    /// What refers to it.
    package var descriptor: Descriptor {
        Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }
}

/// That a registry answers, and what it says on that occasion.
package struct RegistryPresence: Equatable, Sendable {
    /// The registry's clock, in milliseconds since 1970; nil if it does not say.
    package let serverTime: Int64?
    /// Whether it wants credentials for more than this. Asking for its presence alone needs none.
    package let wantsCredentials: Bool

    /// Whether it answered over http, without TLS.
    package let isPlain: Bool

    package init(serverTime: Int64?, wantsCredentials: Bool, isPlain: Bool) {
        self.serverTime = serverTime
        self.wantsCredentials = wantsCredentials
        self.isPlain = isPlain
    }
}

/// What happened to tags that were to be deleted.
///
/// A registry deletes manifests, and every tag on a manifest goes with it; so tags are deleted in groups that share a
/// digest.
package struct TagDeletion: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case deleted
        /// Not deleted, because these tags, which were not named, would have gone too or would have lost a part.
        case shared(with: [String])
        /// Not deleted, because the registry did not.
        case failed(RegistryError)
    }

    package struct Group: Equatable, Sendable {
        package let digest: Digest
        /// Those of the named tags that stand for it, sorted.
        package let tags: [String]
        package let outcome: Outcome

        package init(digest: Digest, tags: [String], outcome: Outcome) {
            self.digest = digest
            self.tags = tags
            self.outcome = outcome
        }
    }

    /// Sorted by their first tag.
    package let groups: [Group]
    /// Those of the named tags that are not there, sorted.
    package let absent: [String]

    package init(groups: [Group], absent: [String]) {
        self.groups = groups
        self.absent = absent
    }
}
