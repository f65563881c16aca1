import Buildkite
import Host

/// The reference of an image in the build's meta-data, where later steps on any agent find it.
struct PublishedImage {
    /// The prefix before a service's name in the docker-compose plugin's meta-data. If its `run` uses only
    /// `docker-compose.yml`, it runs an image that is published under the name of a service as that service.
    private static let prefix = "docker-compose-plugin-built-image-tag-"
    /// The agent's exit status if the build has no such meta-data.
    private static let notThere: Int32 = 100

    let name: String

    private var key: String { Self.prefix + name }

    /// - Parameter reference: `repository@sha256:…`
    func write(_ reference: String, _ surroundings: Surroundings) async throws {
        _ = try await BuildkiteAgent(surroundings).run(["meta-data", "set", key], input: reference)
    }

    /// Reads the reference. Throws ``NotPublished`` if the build has none under that name.
    func read(_ surroundings: Surroundings) async throws -> String {
        do {
            return try await BuildkiteAgent(surroundings).run(["meta-data", "get", key])
        } catch BuildkiteAgentError.failed(_, Self.notThere, _) {
            throw NotPublished(name: name)
        }
    }
}

/// No earlier step of the build published an image under that name.
struct NotPublished: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "This build has no published image \"\(name)\". In an earlier step, use the plugin with `publish: \(name)`, "
            + "and let this step wait for it (depends_on, or a wait step)."
    }
}
