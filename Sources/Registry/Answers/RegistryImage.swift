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
