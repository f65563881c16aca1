package import Images

/// An image in a registry, for one platform, without its layers.
package struct RegistryImage: Equatable, Sendable {
    /// The object that the reference names: the image's manifest, or an index that contains it. Its digest is the one
    /// that `docker pull` shows.
    package let named: FetchedManifest
    /// The digest of the platform's manifest. Equal to the digest of ``named`` if there is no index.
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

    /// All ids that the image can have in a daemon, `sha256:…`: the digest of its configuration or, with containerd's
    /// image store, the digest of its manifest or of the index through which it was pulled.
    package var identifiers: Set<String> {
        Set([identifier, manifestDigest, named.digest].map(\.description))
    }
}

/// A manifest or index exactly as the registry stores it.
///
/// Stored again under another tag, it has the same digest, and nothing has to be pushed again.
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

    /// The descriptor that refers to it.
    package var descriptor: Descriptor {
        Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }
}

/// A registry's answer to a presence check.
package struct RegistryPresence: Equatable, Sendable {
    /// The registry's clock, in milliseconds since 1970. Nil if the answer does not contain it.
    package let serverTime: Int64?
    /// Whether the registry requires credentials for more than this check, which itself needs none.
    package let wantsCredentials: Bool

    /// Whether the registry answered over HTTP without TLS.
    package let isPlain: Bool

    package init(serverTime: Int64?, wantsCredentials: Bool, isPlain: Bool) {
        self.serverTime = serverTime
        self.wantsCredentials = wantsCredentials
        self.isPlain = isPlain
    }
}

/// The result of deleting tags.
///
/// A registry deletes manifests, and every tag of a manifest is deleted with it. So tags are deleted in groups that
/// share a digest.
package struct TagDeletion: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case deleted
        /// Not deleted, because these tags, which were not to be deleted, would be deleted too or would lose a part.
        case shared(with: [String])
        /// Not deleted, because of this error.
        case failed(RegistryError)
    }

    package struct Group: Equatable, Sendable {
        package let digest: Digest
        /// The tags to delete that have this digest, sorted.
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
    /// The tags to delete that do not exist, sorted.
    package let absent: [String]
    /// The tags to delete that name another image than expected, sorted. They were not deleted.
    package let moved: [String]

    package init(groups: [Group], absent: [String], moved: [String] = []) {
        self.groups = groups
        self.absent = absent
        self.moved = moved
    }
}
