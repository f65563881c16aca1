/// A reference to content in a registry: its digest, size and type (OCI image specification, descriptor.md).
package struct Descriptor: Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: Digest
    /// In bytes.
    package let size: Int64
    /// The platform of the image, if an index gives it.
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

    /// Whether this refers to an attestation of an image (provenance, a list of its parts) and not to an image.
    ///
    /// BuildKit adds attestations to an index under the platform `unknown/unknown`, with an annotation that gives their
    /// kind.
    package var isAttestation: Bool {
        platform?.description == "unknown/unknown"
            || annotations["vnd.docker.reference.type"] == "attestation-manifest"
    }

    /// Parses a descriptor in a manifest or index.
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

/// The type of content in a registry, such as `application/vnd.oci.image.index.v1+json`.
package struct MediaType: Hashable, Sendable, CustomStringConvertible {
    /// The type in lower case, without parameters.
    package let description: String

    /// Parses a media type or the value of a `Content-Type` header, without its parameters.
    package init(_ text: String) {
        let type = text.prefix { $0 != ";" }.filter { !$0.isWhitespace }
        description = type.lowercased()
    }

    /// One image for each of several platforms (OCI image specification, image-index.md).
    package static let imageIndex = MediaType("application/vnd.oci.image.index.v1+json")
    /// One image (OCI image specification, manifest.md).
    package static let imageManifest = MediaType("application/vnd.oci.image.manifest.v1+json")
    /// Docker's older form of an index.
    package static let dockerManifestList = MediaType("application/vnd.docker.distribution.manifest.list.v2+json")
    /// Docker's older form of a manifest, "image manifest version 2, schema 2".
    package static let dockerManifest = MediaType("application/vnd.docker.distribution.manifest.v2+json")

    /// The configuration type of an ``Artifact``, which has no configuration.
    package static let emptyConfiguration = MediaType("application/vnd.oci.empty.v1+json")

    /// The types that a registry may return for a manifest. A request has to list all four, because a registry converts
    /// a manifest of an unlisted type, which changes its digest.
    package static let manifestTypes = [imageIndex, dockerManifestList, imageManifest, dockerManifest]

    /// Whether content of this type is an index: one manifest for each of several platforms.
    package var isIndex: Bool { self == .imageIndex || self == .dockerManifestList }

    /// Whether content of this type describes one image.
    package var isManifest: Bool { self == .imageManifest || self == .dockerManifest }

    /// Whether a configuration of this type belongs to a runnable image, and not to other content in registries, such
    /// as a layer cache, a chart or a signature.
    ///
    /// Registries have returned old images with the last three types (docker/distribution 1621, docker/docker 22378).
    /// Docker treats them as images, and so does this code.
    package var isImageConfiguration: Bool {
        [
            "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json",
            "application/octet-stream", "text/html", "",
        ].contains(description)
    }
}
