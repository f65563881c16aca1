/// Several manifests under one name, usually one for each platform (OCI image specification, image-index.md).
package struct ImageIndex: Equatable, Sendable {
    /// In the order of the index.
    package let manifests: [Descriptor]

    /// Reads the index or manifest list `bytes`, which the registry says are of type `mediaType`.
    package init(parsing bytes: some Sequence<UInt8>, as mediaType: MediaType) throws(ContentError) {
        guard mediaType.isIndex else { throw .unknownType(mediaType) }
        let json = try JSONValue(manifest: bytes, as: mediaType)
        guard json["config"] == nil, json["layers"] == nil else { throw .ambiguous }
        guard let manifests = json["manifests"]?.array else { throw .missing(field: "manifests") }
        self.manifests = try manifests.map { manifest throws(ContentError) in try Descriptor(manifest) }
    }

    /// The manifest, or the further index, that Docker would take for `platform`; nil if there is none.
    ///
    /// The platform itself counts before an older variant that it can run, and among equals the first. An index with a
    /// single image that names no platform is taken to mean all of them.
    package func manifest(for platform: Platform) -> Descriptor? {
        let images = manifests.filter { !$0.isAttestation && ($0.mediaType.isManifest || $0.mediaType.isIndex) }
        for runnable in platform.runnable {
            if let match = images.first(where: { $0.platform == runnable }) { return match }
        }
        if images.count == 1, let only = images.first, only.platform == nil { return only }
        return nil
    }
}
