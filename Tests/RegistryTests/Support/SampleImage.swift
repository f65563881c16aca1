import Images
import Registry

/// An image for one platform, with its configuration and its manifest as strings.
struct SampleImage: Sendable {
    let configuration: String
    let layer: String
    let manifest: String
    let type: MediaType

    /// - Parameter type: the type of the manifest
    init(
        architecture: String = "amd64",
        created: String = "2026-11-20T10:00:00Z",
        layer: String = "layer",
        type: MediaType = .imageManifest
    ) {
        self.type = type
        self.layer = layer
        configuration = """
            {"created": "\(created)", "os": "linux", "architecture": "\(architecture)",
             "config": {"Labels": {"io.docker-cache.key": "k"}}, "rootfs": {"type": "layers", "diff_ids": []}}
            """
        let isDocker = type == .dockerManifest
        let configurationType =
            isDocker ? "application/vnd.docker.container.image.v1+json" : "application/vnd.oci.image.config.v1+json"
        let layerType =
            isDocker
            ? "application/vnd.docker.image.rootfs.diff.tar.gzip" : "application/vnd.oci.image.layer.v1.tar+gzip"
        manifest = """
            {"schemaVersion": 2, "mediaType": "\(type)", "config": {"mediaType": "\(configurationType)",
            "digest": "\(Digest(of: configuration.utf8))", "size": \(configuration.utf8.count)},
            "layers": [{"mediaType": "\(layerType)", "digest": "\(Digest(of: layer.utf8))",
             "size": \(layer.utf8.count)}]}
            """
    }

    var digest: Digest { Digest(of: manifest.utf8) }
    var identifier: Digest { Digest(of: configuration.utf8) }
    var fetched: FetchedManifest { FetchedManifest(bytes: Array(manifest.utf8), mediaType: type) }

    /// An index of `images`, by architecture.
    static func index(_ images: [(architecture: String, image: SampleImage)]) -> String {
        let entries = images.map { architecture, image in
            """
            {"mediaType": "\(image.type)", "digest": "\(image.digest)", "size": \(image.manifest.utf8.count),
             "platform": {"os": "linux", "architecture": "\(architecture)"}}
            """
        }
        return """
            {"schemaVersion": 2, "mediaType": "\(MediaType.imageIndex)",
             "manifests": [\(entries.joined(separator: ","))]}
            """
    }
}
