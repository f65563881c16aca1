package import Images
package import Options

/// No registry: the image lives in the agent's daemon, and the index says which it is and how old. Needs nothing but
/// Docker.
package struct LocalProvider: Provider {
    package static let name = "local"
    package static let options: [OptionDefinition] = []
    package static let hasRegistry = false

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {}

    /// Entries of the index and names in the daemon tell both apart.
    package func ofUntrustedBuilds(_ choice: UntrustedRepository) -> LocalProvider { self }

    package func repository(_ tools: ProviderTools) -> RepositoryName? { nil }

    package func loginIdentity(_ tools: ProviderTools) -> String? { nil }

    package func login(to repository: RepositoryName, by way: LoginWay, _ tools: ProviderTools) -> ProviderLogin {
        .helper
    }
}
