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

/// Images that are signed, and hits that need it: issue 20.
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

    /// An image in the registry, signed by a key after the statement was changed.
    private static func putSigned(
        _ scene: LookupScene,
        age: Int64 = LookupScene.day,
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
            builtAt: LookupScene.now - age
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
            // While keys change, both count.
            scene.keyring = try Self.keyring(signs: false, verifies: [Self.key, Self.otherKey])
            #expect(try await scene.lookup().run().outcome == .registryHit)
        }
    }

    /// Whoever can move tags can bring an old image back, and with it what was wrong with it; the time in the signature
    /// ends that.
    @Test func anOldSignedImageCannotBeBroughtBack() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.keyring = try Self.keyring(signs: false)
            // The image itself says that it is young.
            _ = try Self.putSigned(scene) { $0.builtAt = LookupScene.now - 31 * LookupScene.day }
            #expect(try await scene.lookup().run().reason == .maximumAge)
            #expect(scene.machine.withState { $0.pulled.isEmpty })
        }
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

    @Test func aRegistryWithoutArtifactsCannotServeThoseWhoAskForSignatures() async throws {
        try await LookupScene.run { given in
            var scene = given
            scene.machine.withState {
                $0.artifactAnswer = .refused(
                    RegistryError(.refused, host: "registry.example", request: "PUT", words: "")
                )
            }
            scene.keyring = try Self.keyring()
            let error = await #expect(throws: SignaturesRefused.self) { try await scene.lookup().run() }
            #expect(error?.exitStatus == 64)
            scene.keyring = try Self.keyring(verifies: nil)
            #expect(try await scene.lookup().run().isHit)
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
