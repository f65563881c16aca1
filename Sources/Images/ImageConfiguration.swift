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
        // What the decoder says names places in the text, which nobody can look at.
        guard let json = try? JSONValue(parsing: bytes), json.object != nil else { throw .notJSON }
        let container = json["config"]
        created = json["created"]?.string
        platform = Platform(describedBy: json)
        labels = container?["Labels"]?.strings ?? [:]
        environment = container?["Env"]?.array?.compactMap(\.string) ?? []
        onBuild = container?["OnBuild"]?.array?.compactMap(\.string) ?? []
    }
}
