import Images
import Options
import Testing

@testable import Providers

/// The name under which each provider keeps an image, and the options that are rejected.
@Suite struct ProviderNameTests {
    private static func repository(
        _ provider: any Provider.Type,
        _ given: [(OptionDefinition, String)],
        image: String = "team/app",
        environment: [String: String] = ["BUILDKITE_ORGANIZATION_SLUG": "acme", "BUILDKITE_API_TOKEN": "t"]
    ) async throws -> String? {
        let made = try provider.init(
            image: RepositoryName(image),
            options: .given(given),
            environment: environment
        )
        return try await made.repository(.forTests(environment: environment))?.description
    }

    private static func problem<P: Provider>(
        _ provider: P.Type,
        _ given: [(OptionDefinition, String)],
        image: String = "app",
        environment: [String: String]? = [:]
    ) -> String {
        let error = #expect(throws: OptionError.self) {
            _ = try provider.init(image: RepositoryName(image), options: .given(given), environment: environment)
        }
        return error?.description ?? ""
    }

    // MARK: ECR

    @Test(arguments: [
        ("eu-central-1", "123456789012.dkr.ecr.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1", "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
    ])
    func anECRRegistryIsNamedByAccountAndRegion(region: String, host: String) async throws {
        let given = [(ECRProvider.region, region), (ECRProvider.accountID, "123456789012")]
        #expect(try await Self.repository(ECRProvider.self, given) == "\(host)/team/app")
        #expect(ECRRegistry(host)?.region == region)
    }

    @Test(arguments: [
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1", false),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1", false),
        ("123456789012.dkr-ecr-fips.us-gov-east-1.on.aws", "us-gov-east-1", false),
        ("123456789012.dkr.ecr.cn-northwest-1.amazonaws.com.cn/", "cn-northwest-1", false),
        ("public.ecr.aws/acme", "us-east-1", true),
    ])
    func anECRRegistryCanBeGivenByItsHost(url: String, region: String, isPublic: Bool) async throws {
        let registry = try #require(ECRRegistry(url))
        #expect(registry.region == region)
        #expect(registry.isPublic == isPublic)
        let prefix = url.hasSuffix("/") ? String(url.dropLast()) : url
        #expect(try await Self.repository(ECRProvider.self, [(ECRProvider.registryURL, url)]) == "\(prefix)/team/app")
    }

    @Test(arguments: [
        "12345678901.dkr.ecr.eu-central-1.amazonaws.com", "123456789012.dkr.ecr.eu-central-1.example.com",
        "123456789012.dkr.ecr.eu.amazonaws.com", "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "registry.example.com", "", "public.ecr.aws/a/b", "123456789012.ecr.eu-central-1.amazonaws.com",
    ])
    func whatIsNoRegistryOfECRIsNotTakenForOne(url: String) { #expect(ECRRegistry(url) == nil) }

    @Test func whatIsWrongWithOptionsOfECRIsSaid() {
        #expect(Self.problem(ECRProvider.self, [(ECRProvider.region, "Frankfurt")]).contains("ecr.region"))
        #expect(Self.problem(ECRProvider.self, [(ECRProvider.accountID, "12345678901")]).contains("12 digits"))
        #expect(Self.problem(ECRProvider.self, [(ECRProvider.lifecycleDays, "1.5")]).contains("whole days"))
        #expect(Self.problem(ECRProvider.self, [(ECRProvider.lifecycleDays, "0")]).contains("from 1 on"))
        #expect(
            Self.problem(ECRProvider.self, [(ECRProvider.registryURL, "registry.example")]).contains("public.ecr.aws")
        )
        #expect(
            Self.problem(
                ECRProvider.self,
                [(ECRProvider.registryURL, "public.ecr.aws/a"), (ECRProvider.region, "eu-west-1")]
            ).contains("the former says us-east-1, and the latter eu-west-1")
        )
        #expect(
            Self.problem(
                ECRProvider.self,
                [
                    (ECRProvider.registryURL, "123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
                    (ECRProvider.accountID, "210987654321"),
                ]
            ).contains("the former says 123456789012, and the latter 210987654321")
        )
        #expect(Self.problem(ECRProvider.self, [], image: "a").contains("2 to 256"))
    }

    @Test func regionAndAccountComeFromTheEnvironmentAndTheMemoryFirst() async throws {
        let provider = try ECRProvider(
            image: RepositoryName("app"),
            options: .given([]),
            environment: [:]
        )
        let memory = TestMemory()
        let environment = ["AWS_REGION": "eu-west-1", "AWS_PROFILE": "ci"]
        let tools = ProviderTools.forTests(environment: environment, memory: memory)
        await #expect(throws: ProviderError.self) { try await provider.repository(tools) }
        let identity = try #require(provider.loginIdentity(tools)?.split(separator: " ").last)
        memory.remember("210987654321", to: "ecr account \(identity)", endsAt: .max)
        #expect(
            try await provider.repository(tools)?.description == "210987654321.dkr.ecr.eu-west-1.amazonaws.com/app"
        )
        // Different credentials mean a different account.
        let other = ProviderTools.forTests(environment: ["AWS_REGION": "eu-west-1"], memory: memory)
        await #expect(throws: ProviderError.self) { try await provider.repository(other) }
    }

    // MARK: Google Artifact Registry

    @Test(
        arguments: [
            (nil, nil, "us-docker.pkg.dev/my-project/team-app/team/app"),
            ("europe", "images", "europe-docker.pkg.dev/my-project/images/team/app"),
            ("europe-west3", "images", "europe-west3-docker.pkg.dev/my-project/images/team/app"),
            ("asia-docker.pkg.dev", "images", "asia-docker.pkg.dev/my-project/images/team/app"),
            ("eu.gcr.io", nil, "eu.gcr.io/my-project/team/app"),
        ] as [(String?, String?, String)]
    )
    func anImageInArtifactRegistryIsNamedByLocationProjectAndRepository(
        region: String?,
        repository: String?,
        name: String
    ) async throws {
        var given = [(GARProvider.project, "my-project")]
        if let region { given.append((GARProvider.region, region)) }
        if let repository { given.append((GARProvider.repositoryOption, repository)) }
        #expect(try await Self.repository(GARProvider.self, given) == name)
    }

    @Test func aProjectOfADomainIsAPath() async throws {
        let given = [(GARProvider.project, "example.com:my-project"), (GARProvider.repositoryOption, "images")]
        #expect(
            try await Self.repository(GARProvider.self, given)
                == "us-docker.pkg.dev/example.com/my-project/images/team/app"
        )
    }

    @Test func whatIsWrongWithOptionsOfGoogleIsSaid() {
        let project = (GARProvider.project, "my-project")
        #expect(Self.problem(GARProvider.self, []).contains("gar.project"))
        #expect(Self.problem(GARProvider.self, [(GARProvider.project, "My Project")]).contains("id of a project"))
        #expect(Self.problem(GARProvider.self, [project, (GARProvider.region, "mars")]).contains("europe-west3"))
        #expect(
            Self.problem(GARProvider.self, [project, (GARProvider.repositoryOption, "My_Images")])
                .contains("gar.repository")
        )
    }

    // MARK: Addresses

    /// Pipelines for the plugin that this one follows set region and account in addition to the registry.
    @Test(arguments: [
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com", "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "$ECR",
    ])
    func whatSaysTheSameTwiceIsNoConflict(url: String) async throws {
        let given = [
            (ECRProvider.registryURL, url), (ECRProvider.region, "eu-central-1"),
            (ECRProvider.accountID, "123456789012"),
        ]
        let environment = ["ECR": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/"]
        #expect(
            try await Self.repository(ECRProvider.self, given, environment: environment)
                == "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app"
        )
        // Before the checkout a variable may not be set yet.
        _ = try ECRProvider(image: RepositoryName("app"), options: .given(given), environment: nil)
    }

    /// Values of each provider's options for the place, and the resulting repository.
    @Test(
        arguments: [
            (
                RegistryProvider.self,
                [(RegistryProvider.url, "$PLACE"), (RegistryProvider.repositoryOption, "$TEAM/ci")],
                "r.example/blue/ci"
            ),
            (
                ECRProvider.self,
                [(ECRProvider.region, "$PLACE"), (ECRProvider.accountID, "${TEAM}")],
                "012345678901.dkr.ecr.eu-west-1.amazonaws.com/app"
            ),
            (
                GARProvider.self,
                [
                    (GARProvider.project, "$TEAM"), (GARProvider.region, "$PLACE"),
                    (GARProvider.repositoryOption, "$TEAM"),
                ],
                "europe-west3-docker.pkg.dev/my-project/my-project/app"
            ),
            (
                ACRProvider.self,
                [(ACRProvider.registryName, "$PLACE"), (ACRProvider.repositoryOption, "$TEAM/ci")],
                "acmeimages.azurecr.io/blue/ci/app"
            ),
            (
                BuildkiteProvider.self,
                [(BuildkiteProvider.organization, "$TEAM"), (BuildkiteProvider.registry, "$PLACE")],
                "packages.buildkite.com/acme/images/app"
            ),
            (
                ArtifactoryProvider.self,
                [
                    (ArtifactoryProvider.registryURL, "$PLACE"), (ArtifactoryProvider.repositoryOption, "$TEAM"),
                    (ArtifactoryProvider.username, "ci"), (ArtifactoryProvider.token, "t"),
                ],
                "acme.jfrog.io/docker/app"
            ),
        ] as [(any Provider.Type, [(OptionDefinition, String)], String)]
    )
    func everyOptionThatNamesAPlaceTakesAVariable(
        provider: any Provider.Type,
        given: [(OptionDefinition, String)],
        name: String
    ) async throws {
        let values = [
            "registry": ("r.example", "blue"), "ecr": ("eu-west-1", "012345678901"),
            "gar": ("europe-west3", "my-project"), "acr": ("acmeimages.azurecr.io", "blue"),
            "buildkite": ("images", "acme"), "artifactory": ("acme.jfrog.io", "docker"),
        ]
        let (place, team) = try #require(values[provider.name])
        let environment = ["PLACE": place, "TEAM": team, "BUILDKITE_API_TOKEN": "t"]
        let made = try await Self.repository(provider, given, image: "app", environment: environment)
        #expect(made == name)
        // Before the checkout a hook may still set them. Later they must be set.
        _ = try provider.init(image: RepositoryName("app"), options: .given(given), environment: nil)
        for missing in ["PLACE", "TEAM"] {
            let rest = environment.filter { $0.key != missing }
            let error = #expect(throws: OptionError.self) {
                _ = try provider.init(image: RepositoryName("app"), options: .given(given), environment: rest)
            }
            #expect(error?.description.contains("takes its value from the variable \(missing)") == true)
        }
    }

    // MARK: Azure, Buildkite, Artifactory

    @Test func anImageInAzureIsNamedByTheLoginServer() async throws {
        let given = [(ACRProvider.registryName, "acmecn.azurecr.cn"), (ACRProvider.repositoryOption, "ci")]
        #expect(try await Self.repository(ACRProvider.self, given) == "acmecn.azurecr.cn/ci/team/app")
        let provider = try ACRProvider(
            image: RepositoryName("app"),
            options: .given([(ACRProvider.registryName, "AcmeRegistry")]),
            environment: [:]
        )
        let memory = TestMemory()
        memory.remember("acmeregistry.azurecr.io", to: "acr login server AcmeRegistry", endsAt: .max)
        #expect(
            try await provider.repository(.forTests(memory: memory))?.description == "acmeregistry.azurecr.io/app/app"
        )
        #expect(Self.problem(ACRProvider.self, [(ACRProvider.registryName, "abc")]).contains("5 to 50"))
        #expect(Self.problem(ACRProvider.self, [(ACRProvider.registryName, "acme-registry")]).contains("5 to 50"))
    }

    @Test func anImageInBuildkitePackagesIsNamedByOrganizationAndRegistry() async throws {
        let given = [(BuildkiteProvider.registry, "images")]
        #expect(
            try await Self.repository(BuildkiteProvider.self, given) == "packages.buildkite.com/acme/images/team/app"
        )
        #expect(Self.problem(BuildkiteProvider.self, given).contains("buildkite.org-slug"))
        let organization = (BuildkiteProvider.organization, "acme")
        #expect(
            try await Self.repository(BuildkiteProvider.self, []) == "packages.buildkite.com/acme/team-app/team/app"
        )
        #expect(
            Self.problem(BuildkiteProvider.self, given + [organization])
                .contains("takes its value from the variable BUILDKITE_API_TOKEN")
        )
        #expect(
            Self.problem(BuildkiteProvider.self, given + [organization, (BuildkiteProvider.token, "$NONE")])
                .contains("takes its value from the variable NONE")
        )
        #expect(
            Self.problem(
                BuildkiteProvider.self,
                given + [organization, (BuildkiteProvider.method, "oidc"), (BuildkiteProvider.token, "$T")]
            ).contains("cannot be combined")
        )
        #expect(
            Self.problem(BuildkiteProvider.self, [organization, (BuildkiteProvider.registry, "My Images")])
                .contains("slug")
        )
    }

    @Test(
        arguments: [
            ("acme.jfrog.io", "docker-local", "acme.jfrog.io/docker-local/team/app"),
            ("acme.jfrog.io", nil, "acme.jfrog.io/team/app/team/app"),
            ("https://acme.jfrog.io", nil, "acme.jfrog.io/team/app/team/app"),
            ("http://acme.jfrog.io/", "docker-local", "acme.jfrog.io/docker-local/team/app"),
            ("acme.jfrog.io/docker", nil, "acme.jfrog.io/docker/team/app"),
            ("$HOST", nil, "env.jfrog.io/team/app/team/app"),
            ("https://$HOST/docker", nil, "env.jfrog.io/docker/team/app"),
            ("${URL}", nil, "url.jfrog.io/docker/team/app"), ("https://$URL", nil, "url.jfrog.io/docker/team/app"),
            ("artifactory.example:8443/docker", "local", "artifactory.example:8443/docker/local/team/app"),
        ] as [(String, String?, String)]
    )
    func anImageInArtifactoryIsNamedByTheAddressAndTheRepository(
        url: String,
        repository: String?,
        name: String
    ) async throws {
        var given = [
            (ArtifactoryProvider.registryURL, url), (ArtifactoryProvider.username, "ci"),
            (ArtifactoryProvider.token, "$TOKEN"),
        ]
        if let repository { given.append((ArtifactoryProvider.repositoryOption, repository)) }
        #expect(
            try await Self.repository(
                ArtifactoryProvider.self,
                given,
                environment: ["TOKEN": "t", "HOST": "env.jfrog.io", "URL": "https://url.jfrog.io/docker"]
            ) == name
        )
        let variable = ["HOST", "URL"].first(where: url.contains) ?? "TOKEN"
        #expect(
            Self.problem(ArtifactoryProvider.self, given).contains("takes its value from the variable \(variable)")
        )
        for missing in given.indices.prefix(3) {
            var incomplete = given.map { ($0.0, $0.0 == ArtifactoryProvider.registryURL ? "acme.jfrog.io" : $0.1) }
            let (option, _) = incomplete.remove(at: missing)
            #expect(Self.problem(ArtifactoryProvider.self, incomplete).contains(option.name))
        }
    }

    @Test(arguments: ProviderTable.names)
    func anOptionThatHoldsASecretIsCalledSoThatTheAgentHidesIt(name: String) throws {
        let options = try #require(ProviderTable.provider(named: name)).options
        for option in options where option.meaning.contains("write $NAME") {
            #expect(option.name.hasSuffix("token") || option.name.hasSuffix("password"))
        }
    }
}
