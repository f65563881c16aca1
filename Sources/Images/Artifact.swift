/// Content that is not an image but that a registry stores like one: a manifest with its own type, the empty
/// configuration, and one layer (OCI image specification 1.1, manifest.md, "Guidelines for Artifact Usage").
package struct Artifact: Equatable, Sendable {
    /// The type of the artifact. Its layer has the same type.
    package let type: MediaType
    /// The bytes of the layer.
    package let content: [UInt8]

    package init(type: MediaType, content: [UInt8]) {
        self.type = type
        self.content = content
    }

    /// The configuration of content that has none: an empty JSON object.
    package static let emptyConfiguration = Array("{}".utf8)

    /// The manifest. Equal artifacts have equal bytes.
    package var manifest: [UInt8] {
        let configuration = Self.part(.emptyConfiguration, Self.emptyConfiguration)
        return Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.imageManifest)","artifactType":"\(type)",\
            "config":\(configuration),"layers":[\(Self.part(type, content))]}
            """.utf8
        )
    }

    private static func part(_ type: MediaType, _ bytes: [UInt8]) -> String {
        #"{"mediaType":"\#(type)","digest":"\#(Digest(of: bytes))","size":\#(bytes.count)}"#
    }
}

/// The manifest of an ``Artifact``, as a registry stores it.
package struct ArtifactManifest: Equatable, Sendable {
    /// The type of the artifact.
    package let type: MediaType
    package let layer: Descriptor

    /// Parses the manifest `bytes`, which the registry declares to be of type `mediaType`. Nil if it is an image's
    /// manifest, or does not have exactly one layer.
    package init?(parsing bytes: some Sequence<UInt8>, as mediaType: MediaType) throws(ContentError) {
        guard mediaType == .imageManifest else { return nil }
        let json = try JSONValue(manifest: bytes, as: mediaType)
        guard let type = json["artifactType"]?.string, let layers = json["layers"]?.array, layers.count == 1 else {
            return nil
        }
        self.type = MediaType(type)
        layer = try Descriptor(layers[0])
    }
}
