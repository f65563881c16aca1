package import Images

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
