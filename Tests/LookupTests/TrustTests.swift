import Docker
import Files
import Fingerprint
import Host
import Images
import Options
import Registry
import Store
import TestSupport
import Testing

@testable import Lookup
@testable import PluginConfiguration

/// What builds of untrusted branches use and write: issue 20.
@Suite struct TrustTests {
    private static let options = [(OptionTable.trustedBranches, "main")]
    private static let evil = ["BUILDKITE_BRANCH": "evil"]
    private static let main = ["BUILDKITE_BRANCH": "main"]

    /// The changes to a registry.
    private static func writes(_ registry: FakeMachine) -> [String] {
        registry.calls.filter { call in
            ["push", "move", "delete"].contains { call.hasPrefix($0) }
        } + registry.withState { $0.artifacts.keys.sorted() }
    }

    /// A fork chooses the proxy and the certificates for registry requests.
    @Test func whatAForkIsToldCountsForForksAlone() async throws {
        let fork = [
            "BUILDKITE_PULL_REQUEST": "3", "BUILDKITE_REPO": "https://example.com/a.git",
            "BUILDKITE_PULL_REQUEST_REPO": "https://example.com/b.git",
        ]
        try await LookupScene.run(environment: fork) { scene in
            try scene.putInRegistry()
            #expect(try await scene.lookup().run().outcome == .registryHit)
            #expect(try await scene.lookup().run().outcome == .localHit)
            #expect(try scene.entry == nil)
        }
        try await LookupScene.run(environment: fork) { scene in
            // Forks use what other builds have recorded.
            scene.putInDaemon()
            try scene.promise()
            #expect(try await scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func aTrustedBuildDoesNotWaitForAnUntrustedOne() async throws {
        try await LookupScene.run(Self.options, environment: Self.main) { scene in
            let index = try #require(scene.index.path)
            let lock = try #require(try KeyLocks.attempt(scene.key.description, .untrusted, index))
            #expect(try await scene.lookup().run().outcome == .miss)
            // gc needs both locks.
            #expect(try KeyLocks.attemptAll(scene.key.description, index) == nil)
            lock.release(removesFile: true)
            let locks = try #require(try KeyLocks.attemptAll(scene.key.description, index))
            #expect(locks.count == 2)
            locks.forEach { $0.release(removesFile: true) }
        }
    }

    @Test func anUntrustedBuildTakesTheImageOfATrustedOneAndWritesNothingThere() async throws {
        try await LookupScene.run(Self.options, environment: Self.evil) { scene in
            let digest = try scene.putInRegistry(scene.trustedRegistry)
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(result.digest == digest.description)
            // A trusted build may be about to give the other name to its image.
            let shared = try ImageReference(repository: RepositoryName("app"), tag: "\(scene.key)")
            #expect(result.image == (try LocalImageName.own(shared, id: try #require(result.imageID))))
            #expect(scene.machine.withState { $0.images[shared.description] == nil })
            #expect(Self.writes(scene.trustedRegistry).isEmpty)
            #expect(scene.machine.calls.allSatisfy { !$0.hasPrefix("find") })
            // The data that an untrusted build received is used only for such builds.
            #expect(try scene.entry == nil)
            let place = try #require(scene.cache.trustedPlace)
            let entries = try #require(scene.index.opened).entries
            #expect(try entries.find(key: scene.key.description, scope: place.scope) == nil)
            let entry = try entries.find(key: scene.key.description, scope: place.isolatedScope)
            #expect(entry?.registryDigest == digest.description)
            #expect(try await scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func untrustedBuildsOfTheSameMomentEndWithOneImage() async throws {
        try await LookupScene.run(Self.options, environment: Self.evil) { scene in
            try scene.putInRegistry(age: 0)
            let (machine, tag) = (scene.machine, scene.tag)
            let theirs = machine.withState { $0.tags.removeValue(forKey: tag) }
            machine.withState { state in
                state.onBuild = { machine.withState { $0.tags[tag] = theirs } }
            }
            scene.trustedRegistry.withState { $0.questionFailure = LookupTests.refusal(.forbidden) }
            let result = try await scene.lookup().run()
            #expect(result.reason == .registryRefused)
            #expect(result.digest == theirs.map { "\($0.named.digest)" })
            #expect(Self.writes(machine).isEmpty)
        }
    }

    @Test func whatAnUntrustedBuildSavesIsItsOwn() async throws {
        try await LookupScene.run(Self.options, environment: Self.evil) { scene in
            let result = try await scene.lookup().run()
            #expect(result.outcome == .miss)
            #expect(result.image.description == "app:untrusted-\(scene.key)")
            #expect(scene.trustedRegistry.calls.first == "find \(scene.tag)")
            #expect(Self.writes(scene.trustedRegistry).isEmpty)
            #expect(scene.machine.withState { Set($0.tags.keys) } == [scene.tag, "latest"])
            #expect(scene.machine.withState { $0.artifacts.count } == 1)
            #expect(try scene.entry?.scope.hasSuffix(" untrusted") == true)
            let second = try await scene.lookup().run()
            #expect(second.outcome == .localHit)
            #expect(second.image == result.image)
        }
    }

    @Test(arguments: ["registry", "local"])
    func aTrustedBuildDoesNotTakeWhatAnUntrustedOneLeftOnTheAgent(provider: String) async throws {
        try await LookupScene.run(Self.options, provider: provider, environment: Self.evil) { scene in
            #expect(try await scene.lookup().run().outcome == .miss)
            let cache = try CacheConfiguration(
                scene.options,
                environment: Self.main,
                stage: .beforeCheckout
            )
            var trusted = scene
            trusted.cache = cache
            if provider == "registry" {
                trusted.cache.place.repository = try RepositoryName("registry.example/team/app")
            }
            let lookup = Lookup(
                inputs: scene.inputs,
                cache: trusted.cache,
                keys: scene.keys,
                daemon: scene.machine,
                home: LookupSource(
                    place: trusted.cache.place,
                    registry: provider == "registry" ? scene.trustedRegistry : nil
                ),
                index: scene.index,
                job: scene.lookup().job,
                surroundings: scene.surroundings
            )
            let result = try await lookup.run()
            #expect(result.outcome == .miss)
            #expect(result.image.description == "app:\(scene.key)")
            #expect(scene.machine.withState { $0.builds.count } == 2)
            // From now on this image is a hit for the untrusted build.
            let again = try await scene.lookup().run()
            #expect(again.outcome == .localHit)
            #expect(again.image == result.image)
        }
    }

    @Test func anImageThatHasExpiredInTheTrustedRegistryIsBuiltWithoutOldLayers() async throws {
        try await LookupScene.run(Self.options, environment: Self.evil) { scene in
            try scene.putInRegistry(scene.trustedRegistry, age: 31 * LookupScene.day)
            let result = try await scene.lookup().run()
            #expect(result.reason == .maximumAge)
            #expect(scene.machine.withState { $0.builds.first?.startsAnew } == true)
            #expect(Self.writes(scene.trustedRegistry).isEmpty)
        }
    }

    @Test func aTrustedRegistryThatRefusesKeepsNothingFromBeingSaved() async throws {
        try await LookupScene.run(Self.options, environment: Self.evil) { scene in
            scene.trustedRegistry.withState {
                $0.questionFailure = RegistryError(.forbidden, host: "registry.example", request: "GET", words: "")
            }
            let result = try await scene.lookup().run()
            #expect(result.reason == .registryRefused)
            #expect(scene.machine.withState { $0.tags[scene.tag] } != nil)
        }
    }

    @Test func aBuildOfATrustedBranchIsAsItWasWithoutTheOption() async throws {
        try await LookupScene.run(Self.options, environment: Self.main) { scene in
            let result = try await scene.lookup().run()
            #expect(result.outcome == .miss)
            #expect(result.image.description == "app:\(scene.key)")
            #expect(scene.machine.withState { Set($0.tags.keys) } == [scene.tag, "latest"])
            #expect(try scene.entry?.scope == "registry registry.example/team/app:cache app")
            #expect(scene.trustedRegistry.calls.isEmpty)
        }
    }

    @Test func tagsOfAnUntrustedBuildAreInItsOwnRepository() async throws {
        let options = Self.options + [(OptionTable.tags, "pr-7")]
        try await LookupScene.run(options, environment: Self.evil) { scene in
            try scene.putInRegistry(scene.trustedRegistry)
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(scene.machine.withState { Set($0.tags.keys) } == ["pr-7"])
            #expect(Self.writes(scene.trustedRegistry).isEmpty)
            #expect(result.registryReference?.hasPrefix("registry.example/team/app-untrusted@sha256:") == true)
        }
    }

    @Test func aPublishedImageIsWhereItWasFound() async throws {
        let options = Self.options + [(OptionTable.publish, "true")]
        try await LookupScene.run(options, environment: Self.evil) { scene in
            let digest = try scene.putInRegistry(scene.trustedRegistry)
            #expect(try await scene.lookup().run().registryReference == "registry.example/team/app@\(digest)")
            #expect(try await scene.lookup().run().registryReference == "registry.example/team/app@\(digest)")
            #expect(Self.writes(scene.machine).isEmpty)
        }
    }

    @Test func localTagsStayWithTrustedBuilds() async throws {
        let options = Self.options + [(OptionTable.localTags, "dev")]
        try await withTemporaryDirectory { directory in
            let log = CollectedLog()
            let scene = try LookupScene(options, Self.evil, in: directory, log: log.logger)
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.images["app:dev"] } == nil)
            #expect(log.messages == [])
        }
        try await LookupScene.run(options, environment: Self.main) { scene in
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.images["app:dev"] } != nil)
        }
    }

    @Test func layersComeFromTrustedBuildsFirstAndGoToTheBuildsOwnRepository() throws {
        let trusted = try Self.places("registry.example/app")
        let own = try Self.places("registry.example/app-untrusted")
        var now = LayerPlan.Circumstances(builder: .buildx, isSafeWithInlineCache: true)
        (now.registry, now.trustedRegistry) = (own, trusted)
        var plan = try LayerPlan(now)
        #expect(plan.ownSources == [trusted.fallbackImage, own.fallbackImage])
        now.layerCache = .max
        plan = try LayerPlan(now)
        #expect(plan.ownSources == [trusted.layersImage, own.layersImage])
        #expect(plan.export == .registry(own.layersImage))
        now.registry = nil
        plan = try LayerPlan(now)
        #expect(plan.ownSources == [trusted.layersImage])
        #expect(plan.export == .none)
    }

    private static func places(_ repository: String) throws -> LayerPlan.Places {
        func image(_ tag: String) throws -> ImageReference {
            try ImageReference(repository: RepositoryName(repository), tag: tag)
        }
        return LayerPlan.Places(
            cacheImage: try image("cache"),
            fallbackImage: try image("latest"),
            layersImage: try image("layers")
        )
    }

    @Test(arguments: [
        (Reason.newKey, Reason.newKey, Reason.newKey),
        (.newKey, .imageGone, .imageGone),
        (.maximumAge, .newKey, .maximumAge),
        (.newKey, .maximumAge, .maximumAge),
        (.registryRefused, .newKey, .registryRefused),
        (.registryRefused, .maximumAge, .maximumAge),
        (.wrongImage, .newKey, .wrongImage),
        (.restoreDisabled, .restoreDisabled, .restoreDisabled),
    ])
    func whyAnImageIsBuiltThatNeitherPlaceHas(trusted: Reason, own: Reason, reason: Reason) {
        let cause = LookupDecision.cause(
            trusted: BuildCause(trusted, registry: .refuses),
            own: BuildCause(own, registry: .silent)
        )
        #expect(cause == BuildCause(reason, ownReason: own, registry: .silent, trustedRegistry: .refuses))
    }
}
