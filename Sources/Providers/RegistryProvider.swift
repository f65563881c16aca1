package import Images
package import Options

/// Any registry that speaks the OCI distribution protocol.
package struct RegistryProvider: Provider {
    package static let name = "registry"
    package static let title = "any OCI registry"

    package static let url = OptionDefinition(
        "registry.url",
        .text,
        "Registry address, as host[:port][/path]. Required for the provider registry"
    )
    package static let repositoryOption = OptionDefinition(
        "registry.repository",
        .text,
        "Repository below the registry address. Default: the image name"
    )
    package static let username = OptionDefinition(
        "registry.username",
        .text,
        "Registry username, or $NAME to take it from a variable. Default: the login that Docker has"
    )
    package static let password = OptionDefinition(
        "registry.password",
        .text,
        "Registry password or token. Write $NAME to take it from a variable"
    )
    package static let insecure = OptionDefinition(
        "registry.insecure",
        .boolean,
        default: "false",
        "Use plain HTTP. Docker's daemon must list the registry in insecure-registries too"
    )

    package static let options = [url, repositoryOption, username, password, insecure]

    private let isInsecure: Bool
    private var target: RepositoryName
    /// The path prefix of every repository in the registry; nil for none.
    private let path: String?
    private let credentials: (username: String, password: String)?

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        let address = try RegistryAddress(options, Self.url, environment: environment)
        path = address.path
        target = try address.repository(
            [try options.place(Self.repositoryOption, environment: environment, standIn: "unknown") ?? image.path],
            options: options,
            blaming: options.has(Self.repositoryOption) ? Self.repositoryOption : Self.url
        )
        if address.isPlain, options.has(Self.insecure), try !options.boolean(Self.insecure) {
            throw .conflict(
                option: options.displayName(Self.insecure),
                with: options.displayName(Self.url),
                reason: "the latter begins with http://, which is plain http."
            )
        }
        isInsecure = try options.boolean(Self.insecure) || address.isPlain
        credentials = try Self.credentials(options, environment: environment)
    }

    package func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> RegistryProvider {
        var other = self
        other.target = try choice.repository(besides: target, below: path)
        return other
    }

    package var insecureHost: String? { isInsecure ? target.host : nil }

    package var nameWithPermissions: String? { target.path }

    package func repository(_ tools: ProviderTools) -> RepositoryName? { target }

    package func loginIdentity(_ tools: ProviderTools) -> String? { credentials.map { "registry \($0.username)" } }

    package func login(to repository: RepositoryName, by way: LoginWay, _ tools: ProviderTools) -> ProviderLogin {
        guard let credentials else { return .helper }
        return .password(
            username: credentials.username,
            password: credentials.password,
            lifetime: nil,
            origin: "the options' user and password"
        )
    }

    private static func credentials(
        _ options: OptionValues,
        environment: [String: String]?
    ) throws(OptionError) -> (username: String, password: String)? {
        guard options.has(username) || options.has(password) else { return nil }
        guard options.has(username), options.has(password) else {
            let (given, absent) = options.has(username) ? (username, password) : (password, username)
            let noun = absent == username ? "Username" : "Password"
            throw .missing(
                option: options.displayName(absent),
                meaning: "\(noun), because \(options.displayName(given)) is set",
                allowed: []
            )
        }
        guard let user = try options.requiredResolvedText(username, environment: environment),
            let secret = try options.requiredResolvedText(password, environment: environment)
        else { return nil }
        return (user, secret)
    }
}
