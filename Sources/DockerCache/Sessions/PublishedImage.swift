import Buildkite
import Host

/// An image's reference in the meta-data of the build, where later steps on any agent find it.
struct PublishedImage {
    /// What the docker-compose plugin's `run` looks for in front of the name of a service, where it uses
    /// `docker-compose.yml` alone: an image that is published under the name of a service is what that service runs.
    private static let prefix = "docker-compose-plugin-built-image-tag-"
    /// What the agent ends with where the build has no such meta-data.
    private static let notThere: Int32 = 100

    let name: String

    private var key: String { Self.prefix + name }

    /// - Parameter reference: `repository@sha256:…`
    func write(_ reference: String, _ surroundings: Surroundings) async throws {
        _ = try await BuildkiteAgent(surroundings).run(["meta-data", "set", key], input: reference)
    }

    /// The reference. Throws ``NotPublished`` where the build has none under that name.
    func read(_ surroundings: Surroundings) async throws -> String {
        do {
            return try await BuildkiteAgent(surroundings).run(["meta-data", "get", key])
        } catch BuildkiteAgentError.failed(_, Self.notThere, _) {
            throw NotPublished(name: name)
        }
    }
}

/// No earlier step of the build has published an image under that name.
struct NotPublished: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "This build has no published image \"\(name)\". In an earlier step, use the plugin with `publish: \(name)`, "
            + "and let this step wait for it (depends_on, or a wait step)."
    }
}
