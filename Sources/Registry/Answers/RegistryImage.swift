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
