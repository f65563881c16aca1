package import Images
package import Options

/// Buildkite Packages.
package struct BuildkiteProvider: Provider {
    package static let name = "buildkite"
    package static let title = "Buildkite Packages"

    package static let organization = OptionDefinition(
        "buildkite.org-slug",
        .text,
        "Organization slug. Default: the organization of the job"
    )
    package static let registry = OptionDefinition(
        "buildkite.registry-slug",
        .text,
        "Registry slug in Buildkite Packages. Default: the image name, with hyphens for slashes"
    )
    package static let method = OptionDefinition(
        "buildkite.auth-method",
        .choice(["api-token", "oidc"]),
        default: "api-token",
        "Login method. api-token: with an API token. oidc: with a token that the agent requests for the job"
    )
    package static let token = OptionDefinition(
        "buildkite.api-token",
        .text,
        "API token. Write $NAME to take it from a variable. Default: the variable BUILDKITE_API_TOKEN"
    )

    package static let options = [organization, registry, method, token]

    static let host = "packages.buildkite.com"

    /// The lifetime of an OIDC token, in seconds. The agent issues none that lasts longer for this audience.
    private static let tokenSeconds = 300

    private var target: RepositoryName
    private let image: RepositoryName
    private let organizationSlug: String
    private var registrySlug: String
    private let usesOIDC: Bool
    private let apiToken: String?

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        self.image = image
        organizationSlug = try Self.slug(
            options,
            Self.organization,
            environment,
            otherwise: environment.map { $0["BUILDKITE_ORGANIZATION_SLUG"] ?? "" } ?? "organization"
        )
        registrySlug = try Self.slug(
            options,
            Self.registry,
            environment,
            otherwise: String(image.path.map { $0 == "/" ? "-" : $0 })
        )
        usesOIDC = try options.choice(Self.method) == "oidc"
        if usesOIDC, options.has(Self.token) {
            throw .conflict(
                option: options.displayName(Self.token),
                with: options.displayName(Self.method),
                reason: "with oidc the agent gets the token."
            )
        }
        apiToken = usesOIDC ? nil : try Self.apiToken(options, environment: environment)
        target = try RegistryAddress.repository(
            host: Self.host,
            [organizationSlug, registrySlug, image.path],
            options: options,
            blaming: Self.registry
        )
    }

    private static func slug(
        _ options: OptionValues,
        _ option: OptionDefinition,
        _ environment: [String: String]?,
        otherwise fallback: String
    ) throws(OptionError) -> String {
        let given = try options.place(option, environment: environment, standIn: "unknown")
        guard let slug = given ?? (fallback.isEmpty ? nil : fallback) else {
            throw .missing(option: options.displayName(option), meaning: option.meaning, allowed: [])
        }
        guard isSlug(slug) else {
            throw .invalid(option: options.displayName(option), value: slug, reason: slugRule)
        }
        return slug
    }

    private static func isSlug(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || "-_.".utf8.contains($0)
            }
    }

    private static let slugRule =
        "a slug is what stands in the address on buildkite.com: lower-case letters, digits and hyphens."

    private static func apiToken(
        _ options: OptionValues,
        environment: [String: String]?
    ) throws(OptionError) -> String? {
        guard let environment else { return nil }
        if let given = try options.resolvedText(token, environment: environment) { return given }
        guard let token = environment["BUILDKITE_API_TOKEN"], !token.isEmpty else {
            throw .variableNotSet(option: options.displayName(Self.token), variable: "BUILDKITE_API_TOKEN")
        }
        return token
    }

    /// The untrusted registry must exist already, so the user must name it.
    package func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> BuildkiteProvider {
        guard let name = choice.name else {
            throw .missing(
                option: choice.source,
                meaning: "Registry slug for the builds of other branches, because trusted-branches is set",
                allowed: []
            )
        }
        guard Self.isSlug(name) else { throw choice.invalid(name, Self.slugRule) }
        var other = self
        other.registrySlug = try choice.word(besides: registrySlug)
        do {
            other.target = try RepositoryName(host: Self.host, path: "\(organizationSlug)/\(name)/\(image.path)")
        } catch {
            throw choice.invalid(name, "\(error).")
        }
        return other
    }

    package var nameWithPermissions: String? { registrySlug }

    package func repository(_ tools: ProviderTools) -> RepositoryName? { target }

    package func loginIdentity(_ tools: ProviderTools) -> String? {
        "buildkite \(organizationSlug)/\(registrySlug) \(usesOIDC ? "oidc" : "api-token")"
    }

    package func login(
        to repository: RepositoryName,
        by way: LoginWay,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin {
        if let apiToken {
            return .password(username: "buildkite", password: apiToken, lifetime: nil, origin: "the API token")
        }
        let arguments = [
            "oidc", "request-token", "--audience", "https://\(Self.host)/\(organizationSlug)/\(registrySlug)",
            "--lifetime", "\(Self.tokenSeconds)",
        ]
        let token = try await tools.run("buildkite-agent", arguments, for: Self.task)
        guard !token.isEmpty, !token.contains(where: \.isWhitespace) else {
            throw .unexpectedAnswer(command: "buildkite-agent oidc request-token", problem: "it is not a token")
        }
        return .password(
            username: "buildkite",
            password: token,
            lifetime: .seconds(Self.tokenSeconds),
            origin: "the agent's token for the job"
        )
    }

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) throws(ProviderError) -> Bool {
        throw .repositoryMissing(
            "The registry \(organizationSlug)/\(registrySlug) in Buildkite Packages",
            advice: "Make it at https://buildkite.com/organizations/\(organizationSlug)/packages, for container images."
        )
    }

    private static let task = ProviderTools.Task(
        purpose: "get a token for Buildkite Packages",
        installation: "Run this in a Buildkite job, or use the auth-method api-token."
    ) { _ in "Let the registry's OIDC policy trust this organization and pipeline, or use the auth-method api-token." }
}
