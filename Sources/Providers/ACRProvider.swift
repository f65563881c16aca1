import FoundationEssentials
package import Images
package import Options
import SystemPackage

/// Azure Container Registry.
package struct ACRProvider: Provider {
    package static let name = "acr"
    package static let title = "Azure Container Registry"

    package static let registryName = OptionDefinition(
        "acr.registry-name",
        .text,
        "Registry name or login server. Required for the provider acr"
    )
    package static let repositoryOption = OptionDefinition(
        "acr.repository",
        .text,
        "Path before the image name in the registry. Default: the image name"
    )

    package static let options = [registryName, repositoryOption]

    private let registry: String
    /// The login server's host, in lower case; nil if the option gives only the registry name.
    private let loginServer: String?
    private var path: String

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        let text = try options.requiredPlace(Self.registryName, environment: environment, standIn: "unknown")
        let isServer = text.contains(".")
        let name = String(text.prefix { $0 != "." })
        let isWellFormed =
            (5...50).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0)
                    // A login server's name may end with a hyphen and a hash of its owner.
                    || isServer && $0 == UInt8(ascii: "-")
            }
        guard isWellFormed else {
            throw .invalid(
                option: options.displayName(Self.registryName),
                value: try options.shownPlace(Self.registryName),
                reason: "the name of a registry in Azure has 5 to 50 letters and digits; its login server is "
                    + "NAME.azurecr.io."
            )
        }
        registry = name
        loginServer = isServer ? text.lowercased() : nil
        // Validated with the default host. `repository(_:)` finds the actual login server later.
        path = try RegistryAddress.repository(
            host: loginServer ?? "\(name.lowercased()).azurecr.io",
            [
                try options.place(Self.repositoryOption, environment: environment, standIn: "unknown") ?? image.path,
                image.path,
            ],
            options: options,
            blaming: Self.repositoryOption
        ).path
    }

    package func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> ACRProvider {
        var other = self
        other.path = try choice.path(besides: path)
        return other
    }

    package var nameWithPermissions: String? { path }

    package func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName? {
        let server: String
        if let loginServer {
            server = loginServer
        } else {
            server = try await foundServer(tools) ?? usualServer
        }
        return try name(on: server)
    }

    private var usualServer: String { "\(registry.lowercased()).azurecr.io" }

    /// The login server as reported by the Azure command line, if it may be another than the default host. Returns nil
    /// if that is not installed, or if its account cannot tell; the registry then has the default host.
    private func foundServer(_ tools: ProviderTools) async throws(ProviderError) -> String? {
        let question = "acr login server \(registry)"
        guard tools.has(Self.toolName) else { return nil }
        if tools.memory.answer(to: question) == nil, await isUsual(tools) {
            // Remembered, so that a hit on the agent sends no request.
            tools.memory.remember(usualServer, to: question, endsAt: tools.now() + 24 * 30 * 3_600_000)
            return nil
        }
        do throws(ProviderError) {
            return try await tools.remembered(question, hours: 24 * 30) {
                () throws(ProviderError) in
                let arguments = ["acr", "show", "--name", registry, "--query", "loginServer", "--output", "tsv"]
                return try await tools.run("az", arguments, for: task("find the registry \(registry)"))
            }
        } catch {
            // Without an account, or with one that may not read the registry's settings, the agent may still log in by
            // the API.
            guard case .toolFailed(_, _, let message, _) = error,
                message.contains("az login") || message.contains("AuthorizationFailed")
            else { throw error }
            // Remembered too, for a shorter time, so that a hit on the agent runs no program.
            tools.memory.remember(usualServer, to: question, endsAt: tools.now() + 12 * 3_600_000)
            return nil
        }
    }

    /// Whether the registry has the default host. The command line takes up to a second to say so.
    private func isUsual(_ tools: ProviderTools) async -> Bool {
        let isPublic = AzureCloud.isPublic(environment: tools.environment, home: tools.home) { file in
            (try? Data(contentsOf: URL(filePath: file.string))).map { String(decoding: $0, as: UTF8.self) }
        }
        return isPublic ? await AzureCloud.hasAddress(usualServer) : false
    }

    private func name(on server: String) throws(ProviderError) -> RepositoryName {
        do {
            return try RepositoryName(host: server, path: path)
        } catch {
            throw .malformedName("\(server)/\(path)", reason: "\(error)")
        }
    }

    package static let loginWays: [LoginWay] = [.docker, .api, .tool]

    package static let toolHasOwnAccount = true

    package static let toolName = "az"

    package func loginIdentity(_ tools: ProviderTools) -> String? {
        let names = [
            "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "AZURE_CONFIG_DIR",
        ]
        return "acr \(registry) \(tools.identity(by: names))"
    }

    package func login(
        to repository: RepositoryName,
        by way: LoginWay,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin {
        let task = task("log in to \(registry)")
        if way == .api {
            do throws(CloudError) {
                let host = repository.host ?? ""
                let (token, words) = try await AzureRegistry.refreshToken(for: host, tools.cloud)
                return Self.login(token, origin: words)
            } catch {
                throw task.failed(error)
            }
        }
        let arguments = [
            "acr", "login", "--name", registry, "--expose-token", "--output", "tsv", "--query", "accessToken",
        ]
        let token = try await tools.run("az", arguments, for: task)
        guard !token.isEmpty, !token.contains(where: \.isWhitespace) else {
            throw .unexpectedAnswer(command: "az \(arguments.joined(separator: " "))", problem: "it is not a token")
        }
        return Self.login(token, origin: "the account of the command az")
    }

    /// The login with a token: the user name is fixed, and the token is valid for three hours.
    ///
    /// https://learn.microsoft.com/azure/container-registry/container-registry-authentication
    private static func login(_ token: String, origin: String) -> ProviderLogin {
        .password(
            username: "00000000-0000-0000-0000-000000000000",
            password: token,
            lifetime: .seconds(3 * 3600),
            origin: origin
        )
    }

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) throws(ProviderError) -> Bool {
        throw .repositoryMissing(
            "The registry of \(repository)",
            advice: "The first push makes a repository; check the option acr.registry-name."
        )
    }

    private func task(_ purpose: String) -> ProviderTools.Task {
        ProviderTools.Task(
            purpose: purpose,
            installation:
                "Give this agent a managed identity, or install the Azure command line "
                + "(https://learn.microsoft.com/cli/azure) on it."
        ) { message in
            if message.contains("az login") {
                return "Log this agent in: `az login --identity`, or `az login --service-principal`."
            }
            if message.contains("no identity of Azure") || message.contains("metadata server of Azure") {
                return "Give this agent a managed identity, and let AZURE_CLIENT_ID name it where there are several."
            }
            if message.contains("AuthorizationFailed") || message.contains("does not have authorization") {
                return "Give this identity the roles AcrPull and AcrPush on the registry \(registry)."
            }
            if message.contains("could not be found") || message.contains("ResourceNotFound") {
                return "Check the option acr.registry-name, and the subscription that `az account show` names."
            }
            return nil
        }
    }
}
