import Images
import Options
import Providers
import Testing

@Suite struct RegistryProviderTests {
    static func provider(
        _ given: [(OptionDefinition, String)],
        image: String = "my-app",
        environment: [String: String]? = [:]
    ) throws -> RegistryProvider {
        var values = OptionValues(origin: .pipeline)
        for (option, value) in given { values.set(option, to: [value]) }
        return try RegistryProvider(image: try RepositoryName(image), options: values, environment: environment)
    }

    @Test(
        arguments: [
            ("registry.example.com", nil, "my-app", "registry.example.com/my-app"),
            ("registry.example.com/", nil, "my-app", "registry.example.com/my-app"),
            ("localhost:5000/team", nil, "my-app", "localhost:5000/team/my-app"),
            ("127.0.0.1:5000/a/b", "c/d", "my-app", "127.0.0.1:5000/a/b/c/d"),
            ("docker.io/org", nil, "x/my-app", "docker.io/org/x/my-app"),
        ] as [(String, String?, String, String)]
    )
    func theRepositoryIsPutTogether(url: String, repository: String?, image: String, expected: String) throws {
        var given = [(RegistryProvider.url, url)]
        if let repository { given.append((RegistryProvider.repositoryOption, repository)) }
        #expect(try Self.provider(given, image: image).repository(.forTests())?.description == expected)
    }

    @Test(arguments: [
        (
            "ftp://registry.example.com",
            "The option registry.url is \"ftp://registry.example.com\": a registry's host has a dot or a port in it, "
                + "or is localhost; Docker would look for anything else on Docker Hub."
        ),
        (
            "registry/team",
            "The option registry.url is \"registry/team\": a registry's host has a dot or a port in it, or is "
                + "localhost; Docker would look for anything else on Docker Hub."
        ),
        (
            "host.example/Team",
            "The option registry.url is \"host.example/Team\": host.example/Team/my-app is not a name Docker accepts: "
                + "\"Team\" has capital letters; write \"team\"."
        ),
        (
            "host.example:port",
            "The option registry.url is \"host.example:port\": host.example:port/my-app is not a name Docker "
                + "accepts: \"host.example:port\" is not a host, or host:port."
        ),
    ])
    func anAddressThatIsNoneIsRefused(url: String, message: String) {
        let error = #expect(throws: OptionError.self) { try Self.provider([(RegistryProvider.url, url)]) }
        #expect(error?.description == message)
    }

    /// The value of a variable may contain a secret, and so may an address.
    @Test(arguments: [
        ("ci:hush@host.example/team", "***@host.example/team"),
        ("https://hush@host.example", "https://***@host.example"),
        ("$URL", "$URL"), ("https://$URL/team", "https://$URL/team"), ("$WORD", "$WORD"),
    ])
    func aLoginInAnAddressIsRefusedAndNotShown(url: String, shown: String) {
        let environment = ["URL": "https://ci:hush@host.example", "WORD": "hush"]
        let error = #expect(throws: OptionError.self) {
            try Self.provider([(RegistryProvider.url, url)], environment: environment)
        }
        #expect(error?.description.hasPrefix("The option registry.url is \"\(shown)\": ") == true, "\(error as Any)")
        #expect(error?.description.contains("hush") == false)
    }

    @Test(arguments: [("https://h.example/team", false), ("http://h.example/team", true), ("$URL", true)])
    func anAddressMayHaveItsScheme(url: String, isInsecure: Bool) async throws {
        let provider = try Self.provider([(RegistryProvider.url, url)], environment: ["URL": "http://h.example/team"])
        #expect(provider.repository(.forTests())?.description == "h.example/team/my-app")
        #expect((provider.insecureHost != nil) == isInsecure)
    }

    @Test func plainHTTPIsNotSecure() {
        let given = [(RegistryProvider.url, "http://h.example"), (RegistryProvider.insecure, "false")]
        #expect(throws: OptionError.self) { try Self.provider(given) }
    }

    @Test func theAddressIsRequired() {
        let error = #expect(throws: OptionError.self) { try Self.provider([]) }
        #expect(error?.description.hasPrefix("The option registry.url is required") == true)
    }

    @Test func aLoginNeedsBothUserAndPassword() {
        let error = #expect(throws: OptionError.self) {
            try Self.provider([(RegistryProvider.url, "h.example"), (RegistryProvider.username, "u")])
        }
        #expect(
            error?.description == "The option registry.password is required: expected a password, because "
                + "registry.username is set."
        )
    }

    @Test func aVariableIsAskedForOnlyInTheCheckout() throws {
        let given = [
            (RegistryProvider.url, "h.example"), (RegistryProvider.username, "u"),
            (RegistryProvider.password, "$REGISTRY_TOKEN"),
        ]
        _ = try Self.provider(given, environment: nil)
        #expect(
            throws: OptionError.variableNotSet(option: "registry.password", variable: "REGISTRY_TOKEN")
        ) { try Self.provider(given, environment: [:]) }
    }

    @Test func everyProviderIsFoundByItsName() {
        for name in ProviderTable.names {
            #expect(ProviderTable.provider(named: name)?.name == name)
        }
        #expect(ProviderTable.provider(named: "nowhere") == nil)
    }
}
