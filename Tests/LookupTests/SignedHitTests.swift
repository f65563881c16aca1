import Buildkite
import Docker
import Fingerprint
import Formatting
import Host
import Images
import Inputs
import Options
import Providers
import Registry
import Signatures
import Store
import Testing

@testable import Lookup
@testable import PluginConfiguration

/// Signed images, and hits that require a signature: issue 20.
@Suite struct SignedHitTests {
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIBHd/t7mzKltjkQ9lQzE8kpiUo0q28FCql77wUl/zniD
        -----END PRIVATE KEY-----
        """
    private static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn/wihq6eWv9JTF/x
        +xoQ5bxQPLBSUN3H+bRDRLCI5V6hRANCAASgYVPGpS+YbyvQIZx6tos+kaidqzfg
        rX47fAseg4Y3eylMfYeuS4FE4aBvepTljSu7LQUKQvCzl54QNwCei1Wp
        -----END PRIVATE KEY-----
        """

    private static func keyring(signs: Bool = true, verifies: [String]? = [key]) throws -> SignatureKeys {
        let keys = try verifies?.map { try SigningKey(pem: $0).publicKey }
        return SignatureKeys(
            signing: signs ? try SigningKey(pem: key) : nil,
            policy: SignaturePolicy(keys.map { [$0] } ?? [])
        )
    }

    /// Puts an image into the registry, and signs it after `change` has changed the statement.
    ///
    /// - Parameters:
    ///   - age: the age that the image's label says
    ///   - signedAge: the age in the statement; nil for the label's
    private static func putSigned(
        _ scene: LookupScene,
        age: Int64 = LookupScene.day,
        signedAge: Int64? = nil,
        by key: String = key,
        changing change: (inout ImageStatement) -> Void = { _ in }
    ) throws -> Digest {
        let digest = try scene.putInRegistry(age: age)
        var statement = ImageStatement(
            repository: "registry.example/team/app",
            digest: digest,
            image: "app",
            tag: "cache",
            key: scene.key.description,
            platform: scene.keys.computed.circumstances.platforms.target.description,
            builtAt: LookupScene.now - (signedAge ?? age)
        )
        change(&statement)
        let envelope = try statement.signed(by: SigningKey(pem: key)).bytes
        let place = try #require(try scene.cache.place.artifact(.signature, of: digest))
        scene.machine.withState {
            $0.artifacts[place.tag] = Artifact(type: MediaType(SignatureEnvelope.mediaType), content: envelope)
        }
        return digest
    }

    @Test func whatIsSavedIsSignedAndIsAHitForThoseWhoAskForIt() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring()
            let built = try await scene.lookup().run()
            #expect(built.outcome == .miss)
            let tags = scene.machine.withState { $0.artifacts.keys.sorted() }
            #expect(tags.filter { $0.hasPrefix("cache-signature-") }.count == 1)
            #expect(try await scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func aSignedImageIsTakenAndItsSignatureStaysInTheIndex() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            let digest = try Self.putSigned(scene)
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(result.digest == digest.description)
            #expect(try scene.entry?.signature != nil)
            #expect(try scene.entry?.builtAt == LookupScene.now - LookupScene.day)
            let questions = scene.machine.withState { $0.artifactQuestions }
            #expect(try await scene.lookup().run().outcome == .localHit)
            #expect(scene.machine.withState { $0.artifactQuestions } == questions)
        }
    }

    @Test func anImageWithoutASignatureIsNotPulled() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            try scene.putInRegistry()
            let result = try await scene.lookup().run()
            #expect(result.reason == .unverified)
            #expect(scene.machine.withState { $0.pulled.isEmpty })
        }
    }

    @Test(
        arguments: [
            { (statement: inout ImageStatement) in statement.digest = Digest(of: "other".utf8) },
            { statement in statement.key = String(repeating: "b", count: 40) },
            { statement in statement.image = "other" },
            { statement in statement.repository = "registry.example/team/other" },
            { statement in statement.tag = "other" },
            { statement in statement.platform = "linux/s390x" },
        ] as [@Sendable (inout ImageStatement) -> Void]
    )
    func aSignatureOfSomethingElseIsNone(change: @Sendable (inout ImageStatement) -> Void) async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            _ = try Self.putSigned(scene, changing: change)
            #expect(try await scene.lookup().run().reason == .unverified)
            #expect(scene.machine.withState { $0.pulled.isEmpty })
        }
    }

    @Test func aSignatureByAnotherKeyIsNone() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            _ = try Self.putSigned(scene, by: Self.otherKey)
            #expect(try await scene.lookup().run().reason == .unverified)
        }
        try await LookupScene.run { given in
            var scene = given
            _ = try Self.putSigned(scene, by: Self.otherKey)
            // While keys change, both are valid.
            scene.keyring = try Self.keyring(signs: false, verifies: [Self.key, Self.otherKey])
            #expect(try await scene.lookup().run().outcome == .registryHit)
        }
    }

    /// A user who can move tags can restore an old image and its vulnerabilities. The signed time prevents this.
    @Test func anOldSignedImageCannotBeBroughtBack() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            // The image itself claims to be recent.
            _ = try Self.putSigned(scene) { $0.builtAt = LookupScene.now - 31 * LookupScene.day }
            #expect(try await scene.lookup().run().reason == .maximumAge)
            #expect(scene.machine.withState { $0.pulled.isEmpty })
        }
    }

    /// The label does not count, neither when the image is found nor when it is pulled later without a query.
    @Test func aSignedTimeDecidesForAnOldLabelToo() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            _ = try Self.putSigned(scene, age: 31 * LookupScene.day, signedAge: LookupScene.day)
            #expect(try await scene.lookup().run().outcome == .registryHit)
            #expect(try await scene.lookup().run().outcome == .localHit)
            scene.machine.withState { ($0.images, $0.pulled) = ([:], []) }
            scene.cache = try Self.withoutRegistryCheck(scene)
            #expect(try await scene.lookup().run().outcome == .registryHit)
            #expect(scene.machine.withState { $0.pulled.count } == 1)
            #expect(try scene.entry?.builtAt == LookupScene.now - LookupScene.day)
            // Without a signature, the label is the only source.
            var entry = try #require(try scene.entry)
            entry.signature = nil
            try scene.index.opened?.entries.save(entry)
            scene.keyring = .none
            scene.machine.withState { $0.images = [:] }
            #expect(try await scene.lookup().run().reason == .maximumAge)
        }
    }

    /// The same cache, with `registry-check: never`.
    private static func withoutRegistryCheck(_ scene: LookupScene) throws -> CacheConfiguration {
        var options = scene.options
        options.set(OptionTable.registryCheck, to: ["never"])
        var cache = try CacheConfiguration(options, environment: [:], stage: .beforeCheckout)
        cache.place.repository = scene.cache.place.repository
        return cache
    }

    @Test func anEntryFromBeforeIsNoHit() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.putInDaemon()
            try scene.promise(inRegistry: Digest(of: "image".utf8))
            #expect(try await scene.lookup().run().outcome == .localHit)
            scene.keyring = try Self.keyring(signs: false)
            #expect(try await scene.lookup().run().reason == .unverified)
        }
    }

    @Test func anEntryWhoseAgeWasChangedIsNoHit() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring()
            _ = try await scene.lookup().run()
            var entry = try #require(try scene.entry)
            entry.builtAt += 1
            try scene.index.opened?.entries.save(entry)
            scene.machine.withState { $0.tags = [:] }
            #expect(try await scene.lookup().run().reason == .unverified)
        }
    }

    /// When the step pulls the image, the tag may name another one.
    @Test func anImageThatStaysInTheRegistryIsNamedByTheDigestThatWasChecked() async throws {
        try await LookupScene.run([(OptionTable.skipPull, "true")]) { given in
            var scene = given
            scene.keyring = try Self.keyring()
            let built = try await scene.lookup().run()
            let digest = try #require(built.digest)
            let pinned = "registry.example/team/app@\(digest)"
            #expect(built.outcome == .miss && built.reference == pinned)
            let variables = built.exports(imageVariable: "IMAGE").variables
            #expect(variables.first { $0.name == "IMAGE" }?.value == pinned)
            let promised = try await scene.lookup().run()
            #expect(promised.outcome == .registryHit && promised.reference == pinned)
            try scene.index.opened?.entries.remove(key: scene.key.description, scope: scene.cache.place.scope)
            let found = try await scene.lookup().run()
            #expect(found.outcome == .registryHit && found.reference == pinned)
            scene.keyring = .none
            #expect(try await scene.lookup().run().reference == "registry.example/team/app:\(scene.tag)")
        }
    }

    /// Another agent may push between our push and our query.
    @Test func whatThisAgentHasNotPushedIsNotSigned() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring()
            let tag = scene.tag
            scene.machine.withState { state in
                state.onPush = { state in
                    guard let pushed = state.tags[tag], let other = try? FakeMachine.image(labels: [:], marked: "other")
                    else { return }
                    state.tags[tag] = RegistryImage(
                        named: other.named,
                        manifestDigest: pushed.manifestDigest,
                        manifest: other.manifest,
                        configuration: pushed.configuration
                    )
                }
            }
            _ = try await scene.lookup().run()
            let tags = scene.machine.withState { $0.artifacts.keys.filter { $0.hasPrefix("cache-signature-") } }
            #expect(tags.isEmpty)
            #expect(try scene.entry?.signature == nil)
        }
    }

    @Test func anUnsignedImageThatStaysIsNotBuiltForEver() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring()
            try scene.putInRegistry()
            scene.machine.withState { ($0.movesNoTags, $0.deletes) = (true, false) }
            #expect(try await scene.lookup().run().reason == .unverified)
            let tag = scene.tag
            #expect(scene.machine.withState { $0.tags[tag + "-r1"] != nil })
            try scene.index.opened?.entries.remove(key: scene.key.description, scope: scene.cache.place.scope)
            #expect(try await scene.lookup().run().outcome == .registryHit)
        }
    }

    /// Such an error does not tell whether the registry keeps signatures.
    @Test(arguments: [RegistryError.Reason.forbidden, .unauthorised, .serverFailed, .notFound, .refused])
    func aRegistryThatIsInTroubleStopsNoOne(reason: RegistryError.Reason) async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring()
            scene.machine.withState {
                $0.artifactAnswer = .refused(
                    RegistryError(reason, host: "registry.example", request: "PUT /v2/app/manifests/x", words: "")
                )
            }
            #expect(try await scene.lookup().run().outcome == .miss)
            scene.machine.withState { $0.artifactAnswer = .kept }
            #expect(try await scene.lookup().run().reason == .unverified)
            #expect(try await scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func aSignatureThatTheRegistryKeepsFromBeforeIsRead() async throws {
        try await LookupScene.run([(OptionTable.tags, "v1")]) { given in
            var scene = given
            scene.keyring = try Self.keyring()
            _ = try await scene.lookup().run()
            scene.machine.withState { ($0.artifactAnswer, $0.tags) = (.keptEarlier, [:]) }
            #expect(try await scene.lookup().run().outcome == .localHit)
            #expect(try scene.entry?.signature != nil)
            scene.machine.withState { state in
                state.tags = [:]
                for tag in state.artifacts.keys {
                    state.artifacts[tag] = Artifact(type: MediaType(SignatureEnvelope.mediaType), content: [1])
                }
            }
            #expect(try await scene.lookup().run().outcome == .localHit)
            #expect(try scene.entry?.signature == nil)
        }
    }

    @Test func anImageThatIsPushedAgainIsSignedAgain() async throws {
        try await LookupScene.run([(OptionTable.tags, "v1")]) { given in
            var scene = given
            scene.keyring = try Self.keyring()
            _ = try await scene.lookup().run()
            scene.machine.withState { ($0.tags, $0.artifacts) = ([:], [:]) }
            #expect(try await scene.lookup().run().outcome == .localHit)
            let tags = scene.machine.withState { $0.artifacts.keys.filter { $0.hasPrefix("cache-signature-") } }
            #expect(tags.count == 1)
            #expect(try scene.entry?.signature != nil)
            #expect(try await scene.lookup().run().outcome == .localHit)
        }
    }

    /// Its origin is unknown, because the lookup that took it required no signature.
    @Test func anImageThatWasNotSignedIsNotSignedWhenItIsPushedAgain() async throws {
        try await LookupScene.run([(OptionTable.tags, "v1")]) { given in
            var scene = given
            _ = try await scene.lookup().run()
            scene.keyring = try Self.keyring(verifies: nil)
            scene.machine.withState { ($0.tags, $0.artifacts) = ([:], [:]) }
            #expect(try await scene.lookup().run().outcome == .localHit)
            #expect(scene.machine.withState { $0.tags["v1"] != nil })
            #expect(scene.machine.withState { $0.artifacts.isEmpty })
            #expect(try scene.entry?.signature == nil)
        }
    }

    @Test func aRegistryWithoutArtifactsCannotServeThoseWhoAskForSignatures() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.machine.withState { $0.artifactAnswer = Self.refusal }
            scene.keyring = try Self.keyring()
            let error = await #expect(throws: SignaturesRefused.self) { try await scene.lookup().run() }
            #expect(error?.exitStatus == 64)
            scene.keyring = try Self.keyring(verifies: nil)
            #expect(try await scene.lookup().run().isHit)
        }
    }

    private static let refusal = CacheRegistry.ArtifactPut.refused(
        RegistryError(.unsupported, host: "registry.example", request: "PUT /v2/app/manifests/x", words: "")
    )

    /// A build without a key puts only the record, which is refused in the same way.
    @Test func neitherCanItServeABuildThatOnlyVerifies() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            scene.machine.withState { $0.artifactAnswer = Self.refusal }
            for _ in 0..<2 {
                let error = await #expect(throws: SignaturesRefused.self) { try await scene.lookup().run() }
                #expect(error?.exitStatus == 64)
            }
            // A refusal that an earlier lookup noticed would hide the problem.
            #expect(scene.machine.withState { $0.remembersRefusals } == [false, false])
        }
        // Another refusal, and one by a registry that accepts signatures, does not stop the step.
        for signs in [true, false] {
            try await LookupScene.run { given in
                var scene = given
                scene.keyring = try Self.keyring(signs: signs)
                let other = RegistryError(.forbidden, host: "registry.example", request: "PUT", words: "")
                scene.machine.withState { $0.recordAnswer = signs ? Self.refusal : .refused(other) }
                #expect(try await scene.lookup().run().outcome == .miss)
            }
        }
    }

    /// Builds that save nothing for trusted builds cannot know.
    @Test(arguments: [[(OptionTable.save, "false")], [(OptionTable.trustedBranches, "main")]])
    func whereNothingIsSavedForTrustedBuildsEachLookupIsAMiss(options: [(OptionDefinition, String)]) async throws {
        try await LookupScene.run(options, environment: ["BUILDKITE_BRANCH": "evil"]) { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            scene.machine.withState { $0.artifactAnswer = Self.refusal }
            #expect(try await scene.lookup().run().outcome == .miss)
        }
    }

    @Test func untrustedBuildsSignNothingAndAskForSignaturesOfTrustedOnesAlone() async throws {
        let environment = ["BUILDKITE_BRANCH": "evil"]
        try await LookupScene.run([(OptionTable.trustedBranches, "main")], environment: environment) { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            try scene.putInRegistry(scene.trustedRegistry)
            let result = try await scene.lookup().run()
            #expect(result.reason == .unverified)
            #expect(result.image.description == "app:untrusted-\(scene.key)")
            #expect(try await scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func layersAreTakenFromSignedImagesAlone() async throws {
        let strategy = [(OptionTable.strategy, "build")]
        try await LookupScene.run(strategy) { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            try scene.putInRegistry(tag: "latest")
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.builds.last?.layerSources } == [])
            _ = try Self.putSigned(scene) { $0.builtAt = LookupScene.now - 31 * LookupScene.day }
            scene.machine.withState { $0.tags["latest"] = $0.tags[scene.tag] }
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.builds.last?.layerSources } == [])
            let digest = try Self.putSigned(scene)
            scene.machine.withState { $0.tags["latest"] = $0.tags[scene.tag] }
            scene.machine.withState { $0.tags[scene.tag] = nil }
            _ = try await scene.lookup().run()
            #expect(
                scene.machine.withState { $0.builds.last?.layerSources }
                    == [.image("registry.example/team/app@\(digest)")]
            )
        }
    }
}
