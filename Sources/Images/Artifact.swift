/// Something that is not an image, and that a registry keeps as it keeps images: a manifest with a type of its own, the
/// empty configuration, and one layer (OCI image specification 1.1, manifest.md, "Guidelines for Artifact Usage").
package struct Artifact: Equatable, Sendable {
    /// What it is. Its layer has the same type.
    package let type: MediaType
    /// The bytes of the layer.
    package let content: [UInt8]

    package init(type: MediaType, content: [UInt8]) {
        self.type = type
        self.content = content
    }

    /// The configuration of everything that has none: an empty JSON object.
    package static let emptyConfiguration = Array("{}".utf8)

    /// The manifest. The same artifact has the same bytes.
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

/// The manifest of an ``Artifact``, as a registry has it.
package struct ArtifactManifest: Equatable, Sendable {
    /// What the artifact is.
    package let type: MediaType
    package let layer: Descriptor

    /// Reads the manifest `bytes`, which the registry says are of type `mediaType`. Nil if it is that of an image, or
    /// of something with more layers than one.
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
