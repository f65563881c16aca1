/// One image as a registry keeps it: its configuration and its layers (OCI image specification, manifest.md).
package struct Manifest: Equatable, Sendable {
    /// The configuration. Its digest is the image's id in a Docker daemon.
    package let configuration: Descriptor
    /// The layers, the lowest first.
    package let layers: [Descriptor]

    /// Reads the manifest `bytes`, which the registry says are of type `mediaType`.
    package init(parsing bytes: some Sequence<UInt8>, as mediaType: MediaType) throws(ContentError) {
        guard mediaType.isManifest else { throw .unknownType(mediaType) }
        let json = try JSONValue(manifest: bytes, as: mediaType)
        guard json["manifests"] == nil else { throw .ambiguous }
        guard let configuration = json["config"] else { throw .missing(field: "config") }
        guard let layers = json["layers"]?.array else { throw .missing(field: "layers") }
        self.configuration = try Descriptor(configuration)
        self.layers = try layers.map { layer throws(ContentError) in try Descriptor(layer) }
    }
}

extension JSONValue {
    /// Reads what is common to manifests and indexes, and holds the type in the content to the one of the registry.
    init(manifest bytes: some Sequence<UInt8>, as mediaType: MediaType) throws(ContentError) {
        // What the decoder says names places in the text, which nobody can look at.
        guard let json = try? JSONValue(parsing: bytes), json.object != nil else { throw .notJSON }
        if let own = json["mediaType"]?.string.map(MediaType.init), own != mediaType {
            throw .contradictoryType(stated: mediaType, own: own)
        }
        self = json
    }
}
