package import Buildkite
package import Images

/// No registry: the image lives in the agent's daemon, and the index says which it is and how old. Needs nothing but
/// Docker.
package struct LocalProvider: Provider {
    package static let name = "local"
    package static let options: [OptionDefinition] = []

    package var repository: RepositoryName? { nil }

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {}

    package var login: RegistryLogin? { nil }

    package var isInsecure: Bool { false }
}
