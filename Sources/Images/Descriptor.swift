/// What refers to content in a registry: its digest, size and type (OCI image specification, descriptor.md).
package struct Descriptor: Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: Digest
    /// In bytes.
    package let size: Int64
    /// The platform of the image that is referred to, where an index says so.
    package let platform: Platform?
    package let annotations: [String: String]

    package init(
        mediaType: MediaType,
        digest: Digest,
        size: Int64,
        platform: Platform? = nil,
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }

    /// Whether this refers to statements about an image (provenance, a list of its parts) and not to an image.
    ///
    /// BuildKit puts them into an index under the platform `unknown/unknown`, with an annotation that says what they
    /// are.
    package var isAttestation: Bool {
        platform?.description == "unknown/unknown"
            || annotations["vnd.docker.reference.type"] == "attestation-manifest"
    }

    /// Reads a descriptor in a manifest or index.
    init(_ json: JSONValue) throws(ContentError) {
        guard let text = json["digest"]?.string else { throw .missing(field: "digest") }
        guard let digest = Digest(text) else { throw .malformedDigest(text) }
        guard let size = json["size"]?.integer else { throw .missing(field: "size") }
        guard size >= 0 else { throw .negativeSize(size) }
        self.init(
            mediaType: MediaType(json["mediaType"]?.string ?? ""),
            digest: digest,
            size: size,
            platform: json["platform"].flatMap(Platform.init(describedBy:)),
            annotations: json["annotations"]?.strings ?? [:]
        )
    }
}
