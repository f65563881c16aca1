/// One image as a registry keeps it: its configuration and its layers (OCI image specification, manifest.md).
package struct Manifest: Equatable, Sendable {
    /// The configuration. Its digest is the image's id in a Docker daemon.
    package let configuration: Descriptor
    /// The layers, the lowest first.
    package let layers: [Descriptor]

    /// Total size of the layers, packed, in bytes. No registry checks the sizes in a manifest, so that they may be
    /// anything.
    package var layerBytes: Int64 {
        layers.reduce(0) { sum, layer in
            let (total, overflows) = sum.addingReportingOverflow(layer.size)
            return overflows ? .max : total
        }
    }

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
        // What the decoder says names places in the text, which no one can look at.
        guard let json = try? JSONValue(parsing: bytes), json.object != nil else { throw .notJSON }
        if let own = json["mediaType"]?.string.map(MediaType.init), own != mediaType {
            throw .contradictoryType(stated: mediaType, own: own)
        }
        self = json
    }
}

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
        for runnable in platform.runnable {
            if let match = images.first(where: { $0.platform == runnable }) { return match }
        }
        if images.count == 1, let only = images.first, only.platform == nil { return only }
        return nil
    }

    /// What is an image, or an index with further ones, in the order of the index.
    package var images: [Descriptor] {
        manifests.filter { !$0.isAttestation && ($0.mediaType.isManifest || $0.mediaType.isIndex) }
    }
}

/// What an image says of itself: when it was built, and how containers and further builds start from it
/// (OCI image specification, config.md).
///
/// Registries hold images of many makers. What is missing, null or of a wrong kind is read as absent here; only bytes
/// that are no JSON object are refused.
package struct ImageConfiguration: Equatable, Sendable {
    /// When the image was built, as text in RFC 3339. Tools for reproducible builds put a constant here.
    package let created: String?
    /// The platform the image was built for.
    package let platform: Platform?
    package let labels: [String: String]
    /// The environment of its containers, and of builds that start from it: `NAME=value`, in the image's order.
    package let environment: [String]
    /// Dockerfile instructions that a build runs when it starts from this image.
    package let onBuild: [String]

    /// Reads the content of a configuration blob.
    package init(parsing bytes: some Sequence<UInt8>) throws(ContentError) {
        // What the decoder says names places in the text, which no one can look at.
        guard let json = try? JSONValue(parsing: bytes), json.object != nil else { throw .notJSON }
        let container = json["config"]
        created = json["created"]?.string
        platform = Platform(describedBy: json)
        labels = container?["Labels"]?.strings ?? [:]
        environment = container?["Env"]?.array?.compactMap(\.string) ?? []
        onBuild = container?["OnBuild"]?.array?.compactMap(\.string) ?? []
    }
}

/// Why bytes from a registry are not the manifest, index or configuration they are meant to be.
///
/// The description completes the sentence "The content of … cannot be used: ".
package enum ContentError: Error, Equatable, CustomStringConvertible {
    case notJSON
    case missing(field: String)
    case malformedDigest(String)
    case negativeSize(Int64)
    case unknownType(MediaType)
    /// The content says that it is of another type than the registry says.
    case contradictoryType(stated: MediaType, own: MediaType)
    /// The content could be read as one image and as several. Which of the two it is would depend on the reader
    /// (CVE-2021-41190).
    case ambiguous

    package var description: String {
        switch self {
        case .notJSON: "it is not a JSON object"
        case .missing(let field): "it has no \"\(field)\", or one of another kind than the specification wants"
        case .malformedDigest(let text):
            "\"\(text.prefix(100))\" is not a digest of the form sha256:… with 64 hex digits"
        case .negativeSize(let size): "it gives a size of \(size) bytes"
        case .unknownType(let type): "it is of type \"\(type)\", which is not an image's"
        case .contradictoryType(let stated, let own):
            "the registry says it is of type \"\(stated)\", and the content itself says \"\(own)\""
        case .ambiguous: "it has the fields of an index and those of a manifest"
        }
    }
}
