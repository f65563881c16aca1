package import Images
package import Options

/// JFrog Artifactory, in the cloud or self-hosted.
package struct ArtifactoryProvider: Provider {
    package static let name = "artifactory"
    package static let title = "JFrog Artifactory"

    package static let registryURL = OptionDefinition(
        "artifactory.registry-url",
        .text,
        "Registry address, as host[:port][/path]. Required for the provider artifactory"
    )
    package static let username = OptionDefinition(
        "artifactory.username",
        .text,
        "Username in Artifactory, or $NAME to take it from a variable. Required for the provider artifactory"
    )
    package static let token = OptionDefinition(
        "artifactory.identity-token",
        .text,
        "Identity token, access token or password. Write $NAME to take it from a variable. Required for the "
            + "provider artifactory"
    )
    package static let repositoryOption = OptionDefinition(
        "artifactory.repository",
        .text,
        "Artifactory repository. Default: the image name, or none if registry-url has a path"
    )

    package static let options = [registryURL, username, token, repositoryOption]

    private var target: RepositoryName
    /// The path prefix of every repository in the registry; nil for none.
    private let path: String?
    private let credentials: (username: String, password: String)?

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        let address = try RegistryAddress(options, Self.registryURL, environment: environment)
        path = address.path
        // A path in the address already names the repository.
        let usual = address.path == nil ? image.path : nil
        target = try address.repository(
            [
                try options.place(Self.repositoryOption, environment: environment, standIn: "unknown") ?? usual,
                image.path,
            ],
            options: options,
            blaming: options.has(Self.repositoryOption) ? Self.repositoryOption : Self.registryURL
        )
        // Both options are required, even if their variables have no value yet.
        let user = try options.requiredResolvedText(Self.username, environment: environment)
        let secret = try options.requiredResolvedText(Self.token, environment: environment)
        guard let user, let secret else {
            credentials = nil
            return
        }
        credentials = (user, secret)
    }

    package func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> ArtifactoryProvider {
        var other = self
        other.target = try choice.repository(besides: target, below: path)
        return other
    }

    package var nameWithPermissions: String? { target.path }

    package func repository(_ tools: ProviderTools) -> RepositoryName? { target }

    package func loginIdentity(_ tools: ProviderTools) -> String? { "artifactory \(credentials?.username ?? "")" }

    package func login(to repository: RepositoryName, by way: LoginWay, _ tools: ProviderTools) -> ProviderLogin {
        guard let credentials else { return .helper }
        return .password(
            username: credentials.username,
            password: credentials.password,
            lifetime: nil,
            origin: "the options' user and password"
        )
    }

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) throws(ProviderError) -> Bool {
        throw .repositoryMissing(
            "The repository of \(repository) in Artifactory",
            advice: "Make a local repository of the type Docker at https://\(repository.host ?? ""), and let this user "
                + "deploy to it; or check the options artifactory.registry-url and artifactory.repository."
        )
    }
}
