import Docker
import Images
import Logging
import Options
import Providers
import SystemPackage
import Testing

@testable import Buildkite
@testable import PluginConfiguration

private struct NoMemory: ProviderMemory {
    func login(host: String, configuration: String) -> RememberedLogin? { nil }
    func remember(_ login: RememberedLogin?, host: String, configuration: String) {}
    func answer(to question: String) -> String? { nil }
    func remember(_ answer: String, to question: String, endsAt: Int64) {}
}

extension ProviderTools {
    /// Tools for providers that query nothing.
    fileprivate static var unused: ProviderTools {
        ProviderTools(
            environment: ["PATH": "/nonexistent"],
            home: nil,
            memory: NoMemory(),
            machineDirectory: "/nonexistent",
            now: { 1_795_459_500_000 },
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}

/// Which builds are trusted, and where untrusted builds write: issue 20.
@Suite struct TrustTests {
    private static func cache(
        _ given: [String: [String]],
        _ environment: [String: String],
        stage: ConfigurationStage = .inCheckout
    ) throws -> CacheConfiguration {
        try CacheConfiguration(try values(given), environment: environment, stage: stage)
    }

    private static func values(_ given: [String: [String]]) throws -> OptionValues {
        var values = OptionValues(origin: .pipeline)
        let all = ["provider": ["registry"], "image": ["app"], "registry.url": ["r.example"]]
            .merging(given) { $1 }
        for (name, texts) in all {
            values.set(try #require(OptionTable.all.first { $0.name == name }, "\(name)"), to: texts)
        }
        return values
    }

    enum Expected { case undivided, trusted, untrusted }

    @Test(
        arguments: [
            ([], [:], .undivided),
            ([], ["BUILDKITE_BRANCH": "evil"], .undivided),
            (["main"], ["BUILDKITE_BRANCH": "main"], .trusted),
            (["main"], ["BUILDKITE_BRANCH": "evil"], .untrusted),
            (["main release/*"], ["BUILDKITE_BRANCH": "release/1"], .trusted),
            (["main", "release/*"], ["BUILDKITE_BRANCH": "release/1"], .trusted),
            (["!evil"], ["BUILDKITE_BRANCH": "evil"], .untrusted),
            // Outside Buildkite the branch is unknown.
            (["main"], [:], .untrusted),
            (["*"], [:], .untrusted),
            // A git tag named main is not main.
            (["main"], ["BUILDKITE_BRANCH": "main", "BUILDKITE_TAG": "main"], .untrusted),
            (["tag:v*"], ["BUILDKITE_BRANCH": "v1", "BUILDKITE_TAG": "v1"], .trusted),
            // A pull request's branch may also be called main.
            (["main"], of(pullRequestFrom: "https://example.com/b.git", branch: "main"), .untrusted),
            (["main"], of(pullRequestFrom: "https://example.com/a.git", branch: "main"), .trusted),
            (["main"], of(pullRequestFrom: "", branch: "main"), .untrusted),
            // The pipeline can narrow the owner's list, but not widen it.
            ([], ["BUILDKITE_BRANCH": "main", "DOCKER_CACHE_TRUSTED_BRANCHES": "main"], .trusted),
            ([], ["BUILDKITE_BRANCH": "evil", "DOCKER_CACHE_TRUSTED_BRANCHES": "main"], .untrusted),
            (["*"], ["BUILDKITE_BRANCH": "evil", "DOCKER_CACHE_TRUSTED_BRANCHES": "main"], .untrusted),
            (["main"], ["BUILDKITE_BRANCH": "next", "DOCKER_CACHE_TRUSTED_BRANCHES": "main next"], .untrusted),
        ] as [([String], [String: String], Expected)]
    )
    func branches(option: [String], environment: [String: String], expected: Expected) throws {
        let cache = try Self.cache(option.isEmpty ? [:] : ["trusted-branches": option], environment)
        switch expected {
        case .undivided:
            #expect(cache.trust == .undivided)
            #expect(cache.trustedPlace == nil && cache.untrustedPlace == nil && !cache.place.isUntrusted)
        case .trusted:
            #expect(cache.trust == .trusted)
            #expect(cache.trustedPlace == nil && cache.untrustedPlace != nil && !cache.place.isUntrusted)
        case .untrusted:
            #expect(cache.trust.isUntrusted)
            #expect(cache.trustedPlace?.isUntrusted == false && cache.place.isUntrusted)
        }
    }

    private static func of(pullRequestFrom repository: String, branch: String) -> [String: String] {
        [
            "BUILDKITE_BRANCH": branch, "BUILDKITE_PULL_REQUEST": "3", "BUILDKITE_REPO": "https://example.com/a.git",
            "BUILDKITE_PULL_REQUEST_REPO": repository,
        ]
    }

    @Test(arguments: [[""], ["!"], ["main", "tag:"]])
    func aListWithoutAPatternStopsTheStep(option: [String]) throws {
        let error = #expect(throws: OptionError.self) { try Self.cache(["trusted-branches": option], [:]) }
        #expect(error?.description.contains("Write names or patterns of branches") == true)
        let owners = #expect(throws: OptionError.self) { try Self.cache([:], ["DOCKER_CACHE_TRUSTED_BRANCHES": ""]) }
        #expect(owners?.description.contains("The variable DOCKER_CACHE_TRUSTED_BRANCHES of this agent") == true)
    }

    private static let owners = ["BUILDKITE_BRANCH": "evil", "DOCKER_CACHE_TRUSTED_BRANCHES": "main"]

    /// A branch can write anything into the pipeline file, including the name of a trusted repository.
    @Test(
        arguments: [
            ("other/app", owners, "Use a name that ends in -untrusted"),
            ("other/app-untrusted", owners, nil),
            ("other/app", ["BUILDKITE_BRANCH": "main"], nil),
            (
                "other/app-untrusted", owners.merging(["DOCKER_CACHE_UNTRUSTED_REPOSITORY": "pr"]) { $1 },
                "DOCKER_CACHE_UNTRUSTED_REPOSITORY is set to pr"
            ),
            (nil, owners.merging(["DOCKER_CACHE_UNTRUSTED_REPOSITORY": " "]) { $1 }, "or unset the variable"),
        ] as [(String?, [String: String], String?)]
    )
    func whereUntrustedBuildsWriteIsNotForThemToSay(
        option: String?,
        environment: [String: String],
        words: String?
    ) throws {
        let given = option.map { ["untrusted-repository": [$0]] } ?? [:]
        do {
            _ = try Self.cache(given.merging(["trusted-branches": ["main"]]) { $1 }, environment)
            #expect(words == nil)
        } catch let error as OptionError {
            #expect(words.map { error.description.contains($0) } == true, "\(error)")
        }
    }

    @Test func whatOnlyTrustedBuildsAreGivenIsNotAskedForWithoutNeed() throws {
        // Here all builds are treated alike.
        _ = try Self.cache(["untrusted-repository": ["$UNTRUSTED"]], [:])
        // If the agent's owner names a repository, the agent still serves pipelines without a registry.
        let local = try Self.cache(
            ["provider": ["local"], "registry.url": []],
            ["DOCKER_CACHE_UNTRUSTED_REPOSITORY": "pr", "DOCKER_CACHE_TRUSTED_BRANCHES": "main"]
        )
        #expect(local.place.isUntrusted && !local.place.hasRegistry)
        let fork = Self.of(pullRequestFrom: "https://example.com/b.git", branch: "main")
        let cache = try Self.cache(
            ["trusted-branches": ["main"], "untrusted-repository": ["$UNTRUSTED"]],
            fork
        )
        #expect(cache.missingSecret == .variableNotSet(option: "untrusted-repository", variable: "UNTRUSTED"))
    }

    @Test func untrustedBuildsDoNotSayWhatGoes() throws {
        let given = ["trusted-branches": ["main"], "gc.max-size": ["1MB"], "gc.keep": ["0"]]
        #expect(try Self.cache(given, ["BUILDKITE_BRANCH": "main"]).garbage.maximumSize == 1_000_000)
        let garbage = try Self.cache(given, ["BUILDKITE_BRANCH": "evil"]).garbage
        #expect(garbage.maximumSize == nil && garbage.keep == nil && garbage.isOn)
    }

    @Test func whatAnUploadLeftEmptyDoesNotTurnTheOptionOff() throws {
        var values = OptionValues(origin: .pipeline)
        values.set(OptionTable.image, to: ["app"])
        values.set(OptionTable.provider, to: ["local"])
        values.set(OptionTable.trustedBranches, toLinesOf: "")
        let error = #expect(throws: OptionError.self) {
            try CacheConfiguration(values, environment: [:], stage: .beforeCheckout)
        }
        #expect(error?.description.contains("Write $$NAME, such as $$TRUSTED_BRANCHES") == true)
    }

    /// - Parameter repository: the repository of untrusted builds; that of trusted builds is `trusted`
    @Test(
        arguments: [
            (["provider": ["registry"], "registry.url": ["r.example/team"]], nil, "r.example/team/app-untrusted"),
            (
                ["provider": ["registry"], "registry.url": ["r.example"], "registry.repository": ["a/b"]], nil,
                "r.example/a/b-untrusted"
            ),
            (["provider": ["registry"], "registry.url": ["r.example/team"]], "pr/app", "r.example/team/pr/app"),
            (
                [
                    "provider": ["artifactory"], "artifactory.registry-url": ["a.example"],
                    "artifactory.username": ["ci"], "artifactory.identity-token": ["secret"],
                ], nil, "a.example/app/app-untrusted"
            ),
            (
                [
                    "provider": ["artifactory"], "artifactory.registry-url": ["a.example/docker-local"],
                    "artifactory.username": ["ci"], "artifactory.identity-token": ["secret"],
                ], "app-pr", "a.example/docker-local/app-pr"
            ),
            (
                [
                    "provider": ["ecr"], "ecr.registry-url": ["123456789012.dkr.ecr.eu-central-1.amazonaws.com"],
                ], nil, "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app-untrusted"
            ),
            (
                ["provider": ["ecr"], "ecr.registry-url": ["public.ecr.aws/alias"]], nil,
                "public.ecr.aws/alias/app-untrusted"
            ),
            (
                ["provider": ["ecr"], "ecr.registry-url": ["public.ecr.aws/alias"]], "pr/app",
                "public.ecr.aws/alias/pr/app"
            ),
            (
                ["provider": ["acr"], "acr.registry-name": ["registry"]], nil,
                "registry.azurecr.io/app/app-untrusted"
            ),
            (
                ["provider": ["acr"], "acr.registry-name": ["registry"]], "app/pull-requests",
                "registry.azurecr.io/app/pull-requests"
            ),
            (
                ["provider": ["gar"], "gar.project": ["our-project"]], nil,
                "us-docker.pkg.dev/our-project/app-untrusted/app"
            ),
            (
                ["provider": ["gar"], "gar.project": ["example.com:our-project"]], nil,
                "us-docker.pkg.dev/example.com/our-project/app-untrusted/app"
            ),
            (
                ["provider": ["gar"], "gar.project": ["our-project"], "gar.repository": ["images"]], "pull-requests",
                "us-docker.pkg.dev/our-project/pull-requests/app"
            ),
            (
                ["provider": ["buildkite"], "buildkite.org-slug": ["our-org"], "buildkite.api-token": ["secret"]],
                "pull-requests", "packages.buildkite.com/our-org/pull-requests/app"
            ),
        ] as [([String: [String]], String?, String)]
    )
    func untrustedBuildsHaveARepositoryOfTheirOwn(
        options: [String: [String]],
        name: String?,
        repository: String
    ) async throws {
        let given = options.merging(name.map { ["untrusted-repository": [$0]] } ?? [:]) { $1 }
            .merging(["trusted-branches": ["main"], "image": ["app"]]) { $1 }
        let untrusted = try Self.cache(given, ["BUILDKITE_BRANCH": "evil"])
        #expect(try await Self.repository(untrusted.place) == repository)
        let trusted = try Self.cache(given, ["BUILDKITE_BRANCH": "main"])
        #expect(try await Self.repository(trusted.place) == Self.repository(try #require(untrusted.trustedPlace)))
        #expect(try await Self.repository(trusted.place) != repository)
        // The owner's setting has the same effect.
        if let name {
            var others = given
            others["untrusted-repository"] = nil
            let owners = try Self.cache(
                others,
                ["BUILDKITE_BRANCH": "evil", "DOCKER_CACHE_UNTRUSTED_REPOSITORY": name]
            )
            #expect(try await Self.repository(owners.place) == repository)
        }
    }

    private static func repository(_ place: CachePlace) async throws -> String? {
        try await place.provider.repository(.unused)?.description
    }

    @Test(
        arguments: [
            // The repository of trusted builds.
            (["registry.url": ["r.example/team"]], "app", "repository of trusted builds"),
            (["registry.url": ["r.example"], "registry.repository": ["a/b"]], "a/b", "repository of trusted builds"),
            (["provider": ["gar"], "gar.project": ["our-project"]], "app", "repository of trusted builds"),
            (
                ["provider": ["acr"], "acr.registry-name": ["registry"]], "app/app", "repository of trusted builds"
            ),
            (
                [
                    "provider": ["buildkite"], "buildkite.org-slug": ["our-org"], "buildkite.api-token": ["secret"],
                    "buildkite.registry-slug": ["images"],
                ], "images", "repository of trusted builds"
            ),
            (
                [
                    "provider": ["ecr"], "ecr.registry-url": ["123456789012.dkr.ecr.eu-central-1.amazonaws.com"],
                ], "app", "repository of trusted builds"
            ),
            // An invalid name.
            ([:], "App", "Docker does not accept"),
            (["provider": ["gar"], "gar.project": ["our-project"]], "a/b", "lower-case letters"),
            (["provider": ["gar"], "gar.project": ["our-project"], "gar.region": ["eu.gcr.io"]], nil, "gar.region"),
            (
                ["provider": ["buildkite"], "buildkite.org-slug": ["our-org"], "buildkite.api-token": ["secret"]], nil,
                "untrusted-repository"
            ),
            (["provider": ["local"]], "app", "has no registry"),
        ] as [([String: [String]], String?, String)]
    )
    func aRepositoryThatCannotBeTheirsStopsTheStep(
        options: [String: [String]],
        name: String?,
        words: String
    ) throws {
        var given = options.merging(["trusted-branches": ["main"]]) { $1 }
        if let name { given["untrusted-repository"] = [name] }
        if options["provider"] != nil { given["registry.url"] = options["registry.url"] ?? ["r.example"] }
        for branch in ["main", "evil"] {
            let error = #expect(throws: OptionError.self) { try Self.cache(given, ["BUILDKITE_BRANCH": branch]) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test func theOptionCannotNameAnotherRepositoryThanTheOwner() throws {
        let owners = ["BUILDKITE_BRANCH": "evil", "DOCKER_CACHE_UNTRUSTED_REPOSITORY": "app-pr"]
        let options = ["trusted-branches": ["main"], "untrusted-repository": ["somewhere-else"]]
        let error = #expect(throws: OptionError.self) { try Self.cache(options, owners) }
        #expect(error?.description.contains("DOCKER_CACHE_UNTRUSTED_REPOSITORY is set to app-pr") == true)
        #expect(throws: Never.self) {
            try Self.cache(["trusted-branches": ["main"], "untrusted-repository": ["app-pr"]], owners)
        }
    }

    @Test func aVariableInTheRepositoryIsNotLookedUpTooEarly() throws {
        let options = [
            "trusted-branches": ["main"], "registry.repository": ["$TRUSTED"], "untrusted-repository": ["$OTHER"],
        ]
        #expect(throws: Never.self) { try Self.cache(options, [:], stage: .beforeCheckout) }
        #expect(throws: OptionError.self) { try Self.cache(options, ["TRUSTED": "a", "OTHER": "a"]) }
        #expect(throws: Never.self) { try Self.cache(options, ["TRUSTED": "a", "OTHER": "b"]) }
    }

    @Test(arguments: [
        ("r.example/app-untrusted", true),
        ("R.example/app-untrusted:latest", true),
        ("type=registry,ref=r.example/app-untrusted:x,mode=max", true),
        ("r.example:443/app-untrusted", true),
        ("type=registry,ref=x/y,REF=r.example/app-untrusted:z", true),
        ("r.example/app-untrusted@sha256:" + String(repeating: "a", count: 64), true),
        ("r.example/app", false),
        ("r.example/app-untrusted/other", false),
        ("type=local,src=/tmp/r.example", false),
        ("alpine", false),
    ])
    func aTrustedBuildTakesNoLayersFromUntrustedOnes(source: String, isError: Bool) async throws {
        var values = OptionValues(origin: .pipeline)
        for (option, text) in [
            (OptionTable.provider, "registry"), (OptionTable.image, "app"), (OptionTable.trustedBranches, "main"),
            (OptionTable.cacheFrom, source),
        ] {
            values.set(option, to: [text])
        }
        values.set(try #require(OptionTable.all.first { $0.name == "registry.url" }), to: ["r.example"])
        for branch in ["main", "evil"] {
            var cache = try CacheConfiguration(
                values,
                environment: ["BUILDKITE_BRANCH": branch],
                stage: .inCheckout
            )
            try await cache.findRepositories(.unused)
            if isError, branch == "main" {
                let error = #expect(throws: OptionError.self) { try cache.checkRepositories(values) }
                #expect(error?.description.contains("untrusted builds write to this repository") == true)
            } else {
                #expect(try cache.checkRepositories(values) == nil)
                #expect(cache.cacheFrom == LayerSource(source).map { [$0] })
            }
        }
    }

    /// buildx would take layers from untrusted builds.
    @Test func aValueThatBuildxCouldReadDifferentlyIsRefused() {
        let source = "type=registry,ref=x/y,\"ref=r.example/app-untrusted:z\""
        let error = #expect(throws: OptionError.self) {
            try Self.cache(["trusted-branches": ["main"], "cache-from": [source]], ["BUILDKITE_BRANCH": "main"])
        }
        #expect(error?.description.contains("expected an image") == true)
    }

    private static let required = [
        "registry": ["registry.url": "r.example"],
        "gar": ["gar.project": "our-project"],
        "buildkite": [
            "buildkite.org-slug": "our-org", "buildkite.api-token": "secret", "untrusted-repository": "pull-requests",
        ],
        "acr": ["acr.registry-name": "registry"],
    ]

    /// It would be a place where untrusted builds of another image write: by default, or because they name it.
    @Test(
        arguments: [
            ("registry", [:], "app-untrusted", true),
            ("registry", [:], "app", false),
            ("registry", [:], "app-untrusted/part", false),
            ("registry", ["registry.repository": "team/app-untrusted"], "app", true),
            ("gar", [:], "app", false),
            ("gar", [:], "app-untrusted", true),
            ("gar", ["gar.repository": "images-untrusted"], "app", true),
            // Permissions are granted on the repository in Artifact Registry, not on the image.
            ("gar", ["gar.repository": "images"], "app-untrusted", false),
            // A project of a domain has two components in the name.
            ("gar", ["gar.project": "example.com:our-project"], "app-untrusted", true),
            ("gar", ["gar.project": "example.com:our-untrusted"], "app", false),
            ("buildkite", [:], "app", false),
            ("buildkite", [:], "app-untrusted", true),
            ("buildkite", ["buildkite.registry-slug": "images-untrusted"], "app", true),
            ("buildkite", ["buildkite.registry-slug": "images"], "app-untrusted", false),
            ("acr", [:], "app-untrusted", true),
            ("local", [:], "app-untrusted", false),
        ] as [(String, [String: String], String, Bool)]
    )
    func theTrustedRepositoryIsNoneOfUntrustedBuilds(
        provider: String,
        options: [String: String],
        image: String,
        isError: Bool
    ) async throws {
        let given = (Self.required[provider] ?? [:]).merging(options) { $1 }
            .merging(["provider": provider, "image": image, "trusted-branches": "main"]) { $1 }
            .mapValues { [$0] }
        for branch in ["main", "evil"] {
            var cache = try Self.cache(given, ["BUILDKITE_BRANCH": branch])
            try await cache.findRepositories(.unused)
            if isError {
                let error = #expect(throws: OptionError.self) { try cache.checkRepositories(Self.values(given)) }
                #expect(error?.description.contains("are those of untrusted builds") == true)
            } else {
                #expect(try cache.checkRepositories(Self.values(given)) == nil)
            }
        }
    }

    /// The provider could not be reached, and the build goes on.
    @Test func whereTheUntrustedRepositoryIsUnknownNoLayersAreTakenFromElsewhere() throws {
        var values = OptionValues(origin: .pipeline)
        for (option, text) in [
            (OptionTable.provider, "ecr"), (OptionTable.image, "app"), (OptionTable.trustedBranches, "main"),
            (OptionTable.cacheFrom, "r.example/app-untrusted:latest"),
        ] {
            values.set(option, to: [text])
        }
        var cache = try CacheConfiguration(values, environment: ["BUILDKITE_BRANCH": "main"], stage: .inCheckout)
        #expect(try cache.checkRepositories(values)?.contains("is not used") == true)
        #expect(cache.cacheFrom.isEmpty)
    }

    @Test(arguments: [
        ("--cache-from type=registry,ref=r.example/x", true), ("--cache-to=type=local,dest=/tmp/x", true),
        ("--cache-to type=inline", false), ("--cache-to type=inline,x=y", false), ("--no-cache", false),
    ])
    func flagsOfTheBuilderForLayersAreRefusedWhereLayersAreJudged(flags: String, isError: Bool) throws {
        for (option, text) in [(OptionTable.trustedBranches, "main"), (OptionTable.target, "x")] {
            var values = OptionValues(origin: .pipeline)
            values.set(OptionTable.provider, to: ["registry"])
            values.set(OptionTable.image, to: ["app"])
            values.set(OptionTable.additionalBuildArguments, to: [flags])
            values.set(try #require(OptionTable.all.first { $0.name == "registry.url" }), to: ["r.example"])
            values.set(option, to: [text])
            let configure = {
                _ = try CacheConfiguration(values, environment: ["BUILDKITE_BRANCH": "main"], stage: .inCheckout)
            }
            if isError, option != OptionTable.target {
                let error = #expect(throws: OptionError.self, performing: configure)
                #expect(error?.description.contains("with trusted branches, layers may") == true)
            } else {
                #expect(throws: Never.self, performing: configure)
            }
        }
    }
}
