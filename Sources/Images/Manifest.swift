/// One image in a registry: its configuration and its layers (OCI image specification, manifest.md).
package struct Manifest: Equatable, Sendable {
    /// The configuration. Its digest is the image's id in a Docker daemon.
    package let configuration: Descriptor
    /// The layers, lowest first.
    package let layers: [Descriptor]

    /// The total compressed size of the layers, in bytes. Registries do not verify the sizes in a manifest, so it may
    /// be any number.
    package var layerBytes: Int64 {
        layers.reduce(0) { sum, layer in
            let (total, overflows) = sum.addingReportingOverflow(layer.size)
            return overflows ? .max : total
        }
    }

    /// Parses the manifest `bytes`, which the registry declares to be of type `mediaType`.
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
    /// Parses the common part of manifests and indexes, and checks the type in the content against the registry's.
    init(manifest bytes: some Sequence<UInt8>, as mediaType: MediaType) throws(ContentError) {
        // The decoder's error refers to positions in the content, which users cannot see.
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

    /// Parses the index or manifest list `bytes`, which the registry declares to be of type `mediaType`.
    package init(parsing bytes: some Sequence<UInt8>, as mediaType: MediaType) throws(ContentError) {
        guard mediaType.isIndex else { throw .unknownType(mediaType) }
        let json = try JSONValue(manifest: bytes, as: mediaType)
        guard json["config"] == nil, json["layers"] == nil else { throw .ambiguous }
        guard let manifests = json["manifests"]?.array else { throw .missing(field: "manifests") }
        self.manifests = try manifests.map { manifest throws(ContentError) in try Descriptor(manifest) }
    }

    /// The manifest, or the nested index, that Docker would choose for `platform`. Nil if there is none.
    ///
    /// The platform itself takes precedence over an older variant that it can run, and the first of equals is chosen.
    /// If an index has a single image without a platform, it is for all platforms.
    package func manifest(for platform: Platform) -> Descriptor? {
        for runnable in platform.runnable {
            if let match = images.first(where: { $0.platform == runnable }) { return match }
        }
        if images.count == 1, let only = images.first, only.platform == nil { return only }
        return nil
    }

    /// The descriptors of images and of nested indexes, in the order of the index.
    package var images: [Descriptor] {
        manifests.filter { !$0.isAttestation && ($0.mediaType.isManifest || $0.mediaType.isIndex) }
    }
}

/// The configuration of an image: when it was built, and how containers and further builds start from it (OCI image
/// specification, config.md).
///
/// Images in registries come from many tools. A field that is missing, null or of the wrong type is treated as absent.
/// Only content that is not a JSON object is rejected.
package struct ImageConfiguration: Equatable, Sendable {
    /// When the image was built, as a string in RFC 3339. Tools for reproducible builds put a constant here.
    package let created: String?
    /// The platform the image was built for.
    package let platform: Platform?
    package let labels: [String: String]
    /// The environment of containers, and of builds that start from the image: `NAME=value`, in the image's order.
    package let environment: [String]
    /// The Dockerfile instructions that a build runs when it starts from this image.
    package let onBuild: [String]

    /// Parses the content of a configuration blob.
    package init(parsing bytes: some Sequence<UInt8>) throws(ContentError) {
        // The decoder's error refers to positions in the content, which users cannot see.
        guard let json = try? JSONValue(parsing: bytes), json.object != nil else { throw .notJSON }
        let container = json["config"]
        created = json["created"]?.string
        platform = Platform(describedBy: json)
        labels = container?["Labels"]?.strings ?? [:]
        environment = container?["Env"]?.array?.compactMap(\.string) ?? []
        onBuild = container?["OnBuild"]?.array?.compactMap(\.string) ?? []
    }
}

/// Why content from a registry is not the expected manifest, index or configuration.
///
/// The description completes the sentence "The content of … cannot be used: ".
package enum ContentError: Error, Equatable, CustomStringConvertible {
    case notJSON
    case missing(field: String)
    case malformedDigest(String)
    case negativeSize(Int64)
    case unknownType(MediaType)
    /// The content declares another type than the registry does.
    case contradictoryType(stated: MediaType, own: MediaType)
    /// The content can be read as one image and as several. Which of the two it is would depend on the reader
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
