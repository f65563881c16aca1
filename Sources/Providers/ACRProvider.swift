package import Images
package import Options

/// Azure Container Registry.
package struct ACRProvider: Provider {
    package static let name = "acr"

    package static let registryName = OptionDefinition(
        "acr.registry-name",
        .text,
        "The name of the registry, or its login server; required by the provider acr"
    )
    package static let repositoryOption = OptionDefinition(
        "acr.repository",
        .text,
        "What stands before the image's name in the registry; the image's name if not given"
    )

    package static let options = [registryName, repositoryOption]

    private let registry: String
    /// Where the option gives it.
    private let loginServer: String?
    private let path: String

    package init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError) {
        let text = try options.requiredPlace(Self.registryName, environment: environment, standIn: "unknown")
        let isServer = text.contains(".")
        let name = String(text.prefix { $0 != "." })
        let isWellFormed =
            (5...50).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0)
            }
        guard isWellFormed else {
            throw .invalid(
                option: options.displayName(Self.registryName),
                value: text,
                reason: "the name of a registry in Azure has 5 to 50 letters and digits; its login server is "
                    + "NAME.azurecr.io."
            )
        }
        registry = name
        loginServer = isServer ? text.lowercased() : nil
        // Checked with a host of that kind; which one it is is asked later.
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

    package func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName? {
        let server: String
        if let loginServer {
            server = loginServer
        } else {
            server = try await tools.remembered("acr login server \(registry)", hours: 24 * 30) {
                () throws(ProviderError) in
                let arguments = ["acr", "show", "--name", registry, "--query", "loginServer", "--output", "tsv"]
                return try await tools.run("az", arguments, for: task("find the registry \(registry)"))
            }
        }
        do {
            return try RepositoryName(host: server, path: path)
        } catch {
            throw .malformedName("\(server)/\(path)", reason: "\(error)")
        }
    }

    package func loginIdentity(_ tools: ProviderTools) -> String? { "acr \(registry)" }

    package func login(
        to repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin {
        let arguments = [
            "acr", "login", "--name", registry, "--expose-token", "--output", "tsv", "--query", "accessToken",
        ]
        let token = try await tools.run("az", arguments, for: task("log in to \(registry)"))
        guard !token.isEmpty, !token.contains(where: \.isWhitespace) else {
            throw .unexpectedAnswer(command: "az \(arguments.joined(separator: " "))", problem: "it is no token")
        }
        // The user that stands for a token; such a token is good for three hours.
        // https://learn.microsoft.com/azure/container-registry/container-registry-authentication
        return .password(
            username: "00000000-0000-0000-0000-000000000000",
            password: token,
            lifetime: .seconds(3 * 3600)
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
                "Install the Azure command line (https://learn.microsoft.com/cli/azure) on this agent, or give "
                + "the registry's login server as acr.registry-name and log Docker in to it."
        ) { message in
            if message.contains("az login") {
                return "Log this agent in: `az login --identity`, or `az login --service-principal`."
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
