package import Images
package import Options

/// Images without a registry: they stay in the agent's daemon, and the index records their ids and ages. Needs only
/// Docker.
package struct LocalProvider: Provider {
    package static let name = "local"
    package static let title = "the Docker daemon"
    package static let options: [OptionDefinition] = []
    package static let hasRegistry = false

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {}

    /// Index entries and image names in the daemon already separate trusted and untrusted builds.
    package func ofUntrustedBuilds(_ choice: UntrustedRepository) -> LocalProvider { self }

    package var nameWithPermissions: String? { nil }

    package func repository(_ tools: ProviderTools) -> RepositoryName? { nil }

    package func loginIdentity(_ tools: ProviderTools) -> String? { nil }

    package func login(to repository: RepositoryName, by way: LoginWay, _ tools: ProviderTools) -> ProviderLogin {
        .helper
    }
}
