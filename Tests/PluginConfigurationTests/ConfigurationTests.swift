import Buildkite
import Images
import Options
import SystemPackage
import Testing

@testable import Host
@testable import PluginConfiguration

@Suite struct ConfigurationTests {
    static let providers = "one of local, registry, ecr, gar, acr, buildkite, artifactory"

    static func options(_ given: [String: [String]]) throws -> OptionValues {
        var values = OptionValues(origin: .pipeline)
        for (name, texts) in given {
            values.set(try #require(OptionTable.all.first { $0.name == name }), to: texts)
        }
        return values
    }

    static func check(_ given: [String: [String]], environment: [String: String] = [:]) throws {
        try OptionCheck.run(try options(given), environment: environment)
    }

    @Test func onTheCommandLineAnErrorNamesTheArgument() {
        let error = #expect(throws: OptionError.self) {
            try OptionCheck.run(OptionValues(origin: .commandLine), environment: [:])
        }
        #expect(error?.description == "--provider is required: expected \(Self.providers).")
    }

    @Test(
        arguments: [
            (
                [:],
                "The option provider is required: expected \(Self.providers)."
            ),
            (["provider": ["local"]], "The option image is required: expected an image name, such as my-app."),
            (
                ["provider": ["s3"], "image": ["app"]],
                "The option provider is \"s3\": expected \(Self.providers)."
            ),
            (
                ["provider": ["lokal"], "image": ["app"]],
                "The option provider is \"lokal\": expected \(Self.providers). Did you mean \"local\"?"
            ),
            (
                ["provider": ["local"], "image": ["My-App"]],
                "The option image is \"My-App\": it is not a name Docker accepts: \"My-App\" has capital letters; "
                    + "write \"my-app\"."
            ),
            (
                [
                    "provider": ["registry"], "registry.url": ["host.example/app"], "image": ["app"],
                    "tags": ["feature/x"],
                ],
                "The option tags is \"feature/x\": the tag \"feature/x\" must have 1 to 128 letters, digits, \"_\", "
                    + "\".\" and \"-\", and must not begin with \".\" or \"-\"."
            ),
            (
                [
                    "provider": ["registry"], "registry.url": ["host.example/app"], "image": ["app"],
                    "tags": ["v1", "latest"],
                ],
                "The option tags is \"latest\": fallback-tag moves this tag to the newest build, and a hit would move "
                    + "it back. Name another."
            ),
            (
                [
                    "provider": ["registry"], "registry.url": ["host.example/app"], "image": ["app"],
                    "tags": ["cache-0123456789012345678901234567890123456789"],
                ],
                "The option tags is \"cache-0123456789012345678901234567890123456789\": tags of this form are the "
                    + "cache's own. Name another, or change the option tag."
            ),
            (
                ["provider": ["local"], "image": ["app"], "tags": ["v1"]],
                "The options tags and provider cannot be combined: the provider local has no registry. Name one that "
                    + "has, or leave out tags."
            ),
            (
                ["provider": ["local"], "image": ["app"], "publish": ["true"]],
                "The options publish and provider cannot be combined: the provider local has no registry. Name one "
                    + "that has, or leave out publish."
            ),
            (
                [
                    "provider": ["registry"], "registry.url": ["host.example/app"], "image": ["app"],
                    "publish": ["my app"],
                ],
                "The option publish is \"my app\": expected true, false, or a name of letters, digits, \".\", \"_\" "
                    + "and \"-\"."
            ),
            (
                [
                    "provider": ["registry"], "registry.url": ["host.example/app"], "image": ["app"], "tags": ["v1"],
                    "save": ["false"],
                ],
                "The options tags and save cannot be combined: with save: false nothing is written to the registry. "
                    + "Remove one of the two."
            ),
            (
                [
                    "provider": ["registry"], "registry.url": ["host.example/app"], "image": ["app"],
                    "local-tags": ["v1"],
                    "skip-pull-from-cache": ["true"],
                ],
                "The options local-tags and skip-pull-from-cache cannot be combined: a hit does not pull the image, "
                    + "so it cannot be tagged locally."
            ),
            (
                ["provider": ["local"], "image": ["app"], "strategy": ["fast"]],
                "The option strategy is \"fast\": expected artifact, build or hybrid."
            ),
            (
                ["provider": ["local"], "image": ["app"], "max-age-days": ["week"]],
                "The option max-age-days is \"week\": expected a number, at least 0, such as 30 or "
                    + "0.5."
            ),
            (
                ["provider": ["local"], "image": ["app"], "save": ["maybe"]],
                "The option save is \"maybe\": expected true or false."
            ),
            (
                ["provider": ["local"], "image": ["app"], "dockerfile": ["a"], "dockerfile-inline": ["FROM b"]],
                "The options dockerfile and dockerfile-inline cannot be combined: give the Dockerfile one way only."
            ),
            (
                ["provider": ["local"], "image": ["app"], "tag": [String(repeating: "t", count: 88)]],
                "The option tag is \"\(String(repeating: "t", count: 88))\": it has 88 characters; expected at "
                    + "most 77, so that a tag with what is appended has at most 128."
            ),
            (
                ["provider": ["local"], "image": ["app"], "tag": ["my-record"]],
                "The option tag is \"my-record\": tags that begin with my-record- are those of records and "
                    + "signatures, see docs/providers.md; choose another."
            ),
            (
                ["provider": ["local"], "image": ["app"], "fallback-tag": ["a/b"]],
                "The option fallback-tag is \"a/b\": the tag \"a/b\" must have 1 to 128 letters, digits, \"_\", "
                    + "\".\" and "
                    + "\"-\", and must not begin with \".\" or \"-\"."
            ),
            (
                [
                    "provider": ["local"], "image": ["app"],
                    "export-env-variable": ["BUILDKITE_PLUGIN_DOCKER_CACHE_TARGET"],
                ],
                "The option export-env-variable is \"BUILDKITE_PLUGIN_DOCKER_CACHE_TARGET\": names that begin "
                    + "with BUILDKITE_PLUGIN_DOCKER_CACHE_ are options of the plugin, and the next lookup of the job "
                    + "would read it as one. Choose another name."
            ),
            (
                ["provider": ["local"], "image": ["app"], "gc": ["20GB"]],
                "The option gc is \"20GB\": expected auto or off; a size is the option gc.max-size."
            ),
            (
                ["provider": ["local"], "image": ["app"], "export-env-variable": ["MY-IMAGE"]],
                "The option export-env-variable is \"MY-IMAGE\": expected the name of a shell variable: "
                    + "letters, digits "
                    + "and \"_\", not beginning with a digit."
            ),
            (
                ["provider": ["local"], "image": ["app"], "platform": ["linux/amd64,linux/arm64"]],
                "The option platform is \"linux/amd64,linux/arm64\": expected one platform, as "
                    + "system/architecture, such "
                    + "as linux/amd64 or linux/arm64."
            ),
            (
                ["provider": ["local"], "image": ["app"], "additional-build-args": ["--label 'x"]],
                "The option additional-build-args is \"--label 'x\": the quote ' is opened and never closed."
            ),
            (
                ["provider": ["local"], "image": ["app"], "additional-build-args": ["--push"]],
                "The option additional-build-args is \"--push\": with --push, the image does not reach the "
                    + "daemon, where the step needs it. Leave it out."
            ),
            (
                ["provider": ["local"], "image": ["app"], "additional-build-args": ["-qt app:latest"]],
                "The option additional-build-args is \"-qt app:latest\": a build would give the image the name "
                    + "app:latest, and a hit would not. Leave it out, and use local-tags for "
                    + "names in the daemon, tags for tags in the registry."
            ),
            (
                [
                    "provider": ["local"], "image": ["app"], "platform": ["linux/amd64"],
                    "additional-build-args": ["--platform linux/arm64"],
                ],
                "The option additional-build-args --platform is \"linux/arm64\": linux/amd64 is named too, and an "
                    + "image here is for one platform; name one of them, with platform."
            ),
            (
                [
                    "provider": ["local"], "image": ["app"],
                    "additional-build-args": ["--platform linux/arm64 --platform linux/amd64"],
                ],
                "The option additional-build-args --platform is \"linux/amd64\": linux/arm64 is named too, and an "
                    + "image here is for one platform; name one of them, with platform."
            ),
            (
                ["provider": ["local"], "image": ["app"], "additional-build-args": ["--network none dir"]],
                "The option additional-build-args is \"--network none dir\": \"dir\" is not an option of docker build. "
                    + "The context is given by context."
            ),
            (
                ["provider": ["local"], "image": ["app"], "secrets": ["OTHER", "TOKEN=hunter2"]],
                "Element 2 of the option secrets has no id; expected NAME, id=NAME,env=VARIABLE or "
                    + "id=NAME,src=FILE."
            ),
            (
                ["provider": ["local"], "image": ["app"], "export-env-variable": ["UID"]],
                "The option export-env-variable is \"UID\": this variable is read-only in bash. Choose another name."
            ),
            (
                ["provider": ["local"], "image": ["app"], "secrets": ["src=/x"]],
                "Element 1 of the option secrets has no id; expected NAME, id=NAME,env=VARIABLE or "
                    + "id=NAME,src=FILE."
            ),
            (
                ["provider": ["local"], "image": ["app"], "build-args": ["=x"]],
                "The option build-args is \"=x\": there is no name before the \"=\"; expected NAME=value or NAME."
            ),
            (
                ["provider": ["registry"], "image": ["app"]],
                "The option registry.url is required: expected a registry address, as host[:port][/path]."
            ),
        ] as [([String: [String]], String)]
    )
    func aWrongConfigurationIsOneMessage(given: [String: [String]], message: String) {
        let error = #expect(throws: OptionError.self) { try Self.check(given) }
        #expect(error?.description == message)
        #expect(error.map(ExitStatus.of) == 64)
    }

    @Test func theLeastConfigurationIsRight() throws {
        try Self.check(["provider": ["local"], "image": ["app"]])
    }

    /// The agent may use another name for the plugin: the name of its repository.
    @Test(arguments: ["BUILDKITE_PLUGIN_OUR_FORK_TARGET", "BUILDKITE_PLUGIN_DOCKER_CACHE_TARGET"])
    func anImageIsNotExportedByTheNameOfAnOption(variable: String) throws {
        let options = ["provider": ["local"], "image": ["app"], "export-env-variable": [variable]]
        let error = #expect(throws: OptionError.self) {
            try Self.check(options, environment: ["BUILDKITE_PLUGIN_NAME": "OUR_FORK"])
        }
        #expect(error?.description.contains("are options of the plugin") == true)
    }

    @Test(arguments: [
        "PATH", "HOME", "IFS", "ENV", "BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "DOCKER_HOST", "DOCKER_CONFIG",
        "DOCKER_CONTEXT", "PWD", "SHELL", "TMPDIR", "USER",
    ])
    func anImageIsNotExportedByANameThatTheStepNeeds(variable: String) throws {
        let error = #expect(throws: OptionError.self) {
            try Self.check(["provider": ["local"], "image": ["app"], "export-env-variable": [variable]])
        }
        #expect(
            error?.description == "The option export-env-variable is \"\(variable)\": the step's shell, its programs "
                + "or docker need this variable. Choose another name."
        )
        try Self.check(["provider": ["local"], "image": ["app"], "export-env-variable": ["MY_\(variable)"]])
    }

    /// `identity-token: $TOKEN`, interpolated when no variable with that name is set.
    @Test func whatAnUploadLeftEmptyIsSaidAndStopsNoForksBuild() throws {
        let given = [
            "provider": ["artifactory"], "image": ["app"], "artifactory.registry-url": ["a.example"],
            "artifactory.username": ["ci"], "artifactory.identity-token": [""],
        ]
        let options = try Self.options(given)
        let error = #expect(throws: OptionError.self) {
            try CacheConfiguration(options, environment: [:], stage: .inCheckout)
        }
        #expect(error?.description.contains("Write $$NAME, such as $$ARTIFACTORY_IDENTITY_TOKEN") == true)
        let ofFork = [
            "BUILDKITE_PULL_REQUEST": "3", "BUILDKITE_REPO": "https://example.com/a.git",
            "BUILDKITE_PULL_REQUEST_REPO": "https://example.com/b.git",
        ]
        #expect(try CacheConfiguration(options, environment: ofFork, stage: .inCheckout).missingSecret == error)
    }

    @Test func twoProvidersNeverMix() throws {
        let local = try CacheConfiguration(
            try Self.options(["provider": ["local"], "image": ["app"]]),
            environment: [:],
            stage: .inCheckout
        )
        let registries = try ["a.example/app", "b.example/app"].map { name in
            var cache = try CacheConfiguration(
                try Self.options(["provider": ["registry"], "image": ["app"], "registry.url": ["a.example"]]),
                environment: [:],
                stage: .inCheckout
            )
            cache.place.repository = try RepositoryName(name)
            return cache
        }
        #expect(Set([local.place.scope] + registries.map(\.place.scope)).count == 3)
    }

    @Test(
        arguments: [
            ("/x/i.db", ["DOCKER_CACHE_INDEX": "/y"], "/home/u", "/x/i.db"),
            (nil, ["DOCKER_CACHE_INDEX": "/y/i.db", "XDG_CACHE_HOME": "/c"], "/home/u", "/y/i.db"),
            (nil, ["XDG_CACHE_HOME": "/c"], "/home/u", "/c/docker-cache/index.db"),
            (nil, ["XDG_CACHE_HOME": "relative"], "/home/u", "/home/u/.cache/docker-cache/index.db"),
            (nil, ["XDG_CACHE_HOME": ""], "/home/u", "/home/u/.cache/docker-cache/index.db"),
            (nil, [:], nil, nil),
        ] as [(String?, [String: String], String?, String?)]
    )
    func theIndexIsWhereItIsSaidToBe(
        option: String?,
        environment: [String: String],
        home: String?,
        expected: String?
    ) {
        let path = IndexLocation.path(option: option, environment: environment, home: home.map { FilePath($0) })
        #expect(path?.string == expected)
    }
}
