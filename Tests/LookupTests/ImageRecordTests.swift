import Buildkite
import Fingerprint
import Formatting
import FoundationEssentials
import Host
import Images
import Inputs
import PluginConfiguration
import Providers
import Registry
import Store
import SystemPackage
import Testing

@testable import Lookup

/// Records of images in the registry: written, read, and trusted only for messages.
@Suite struct ImageRecordTests {
    private static let digest = Digest(of: "image".utf8)

    private static func record(
        _ key: ComputedKey,
        of digest: Digest = digest,
        image: String = "app",
        builtAt: Int64 = LookupScene.now - 840_000,
        change: (inout ImageRecord) -> Void = { _ in }
    ) throws -> ImageRecord {
        let variables = [
            "BUILDKITE_PIPELINE_SLUG": "shop", "BUILDKITE_BRANCH": "main", "BUILDKITE_BUILD_NUMBER": "812",
            "BUILDKITE_COMMIT": "4f0c",
        ]
        var record = ImageRecord(
            image: image,
            key: key.key,
            digest: digest,
            platform: try #require(Platform("linux/amd64")),
            builtAt: builtAt,
            buildMilliseconds: 192_000,
            imageBytes: 5,
            job: JobVariables(environment: variables),
            keyRecord: key.record
        )
        change(&record)
        return record
    }

    private static func tag(_ scene: LookupScene, _ digest: Digest) throws -> String {
        try #require(try scene.cache.place.artifact(.record, of: digest)).tag
    }

    /// The complete log of the lookup.
    private static func log(_ scene: LookupScene) throws -> String {
        try String(
            contentsOf: URL(filePath: scene.surroundings.workingDirectory.appending("log").string),
            encoding: .utf8
        )
    }

    // MARK: The format

    @Test func itIsReadAsItWasWritten() throws {
        let record = try Self.record(FakeKeys.key(target: "test"))
        let read = try #require(ImageRecord(record.artifact.content, of: Self.digest))
        #expect(read == record)
        #expect(read.origin == "build 812 of shop on main")
        #expect(read.keyRecord.flatMap { KeyRecord(bytes: Array($0)) } == (try FakeKeys.key(target: "test").record))
        #expect(String(decoding: try record.artifact.content, as: UTF8.self).contains(#""build_milliseconds":192000"#))
    }

    private static let malformed: [(name: String, change: @Sendable (String) -> String)] = [
        ("empty", { _ in "" }), ("no JSON", { _ in "<html>" }), ("no object", { _ in "[]" }),
        ("cut short", { String($0.dropLast(10)) }),
        ("another version", { $0.replacing(#""version":1"#, with: #""version":2"#) }),
        ("another digest", { $0.replacing(digest.description, with: Digest(of: "other".utf8).description) }),
        ("no key", { $0.replacing(#""key":""#, with: #""key":"x"#) }),
        ("a time before all", { $0.replacing(#""built_at":1"#, with: #""built_at":-1"#) }),
        ("a time after all", { $0.replacing(#""built_at":1"#, with: #""built_at":9000001"#) }),
        ("a number that is none", { $0.replacing(#""built_at":1"#, with: #""built_at":"1""#) }),
        ("huge", { $0 + String(repeating: " ", count: ImageRecord.limit) }),
    ]

    @Test(arguments: malformed.map(\.name))
    func whatIsNoRecordOfTheImageIsNone(name: String) throws {
        let change = try #require(Self.malformed.first { $0.name == name }?.change)
        let text = String(decoding: try Self.record(FakeKeys.key()).artifact.content, as: UTF8.self)
        #expect(change(text) != text)
        #expect(ImageRecord(Array(change(text).utf8), of: Self.digest) == nil)
    }

    @Test func whatItSaysStaysInItsLine() throws {
        let record = try Self.record(FakeKeys.key()) {
            $0.branch = "main\n--- \u{1B}[31mowned"
            $0.pipeline = String(repeating: "x", count: 10_000)
            $0.buildMilliseconds = -1
        }
        let read = try #require(ImageRecord(record.artifact.content, of: Self.digest))
        #expect(read.branch == #"main\u{A}--- \u{1B}[31mowned"#)
        #expect(read.pipeline?.count == 400)
        #expect(read.buildMilliseconds == nil)
    }

    // MARK: In a lookup

    @Test func whatWasPushedHasARecordBesideIt() async throws {
        try await LookupScene.run { scene in
            let result = try await scene.lookup().run()
            let digest = try #require(result.digest.flatMap(Digest.init))
            let tag = try Self.tag(scene, digest)
            let artifact = try #require(scene.machine.withState { $0.artifacts[tag] })
            let record = try #require(ImageRecord(artifact.content, of: digest))
            #expect(record.key == scene.key.description && record.image == "app")
            #expect(record.pipeline == "shop" && record.builtAt == LookupScene.now)
            #expect(record.buildMilliseconds != nil)
        }
    }

    /// Otherwise the same bytes, built again from the builder's cache, would be recorded with the shorter build time.
    /// An image that the registry has lost may have lost its record too.
    @Test(arguments: [(Reason.restoreDisabled, false), (.registryUnreachable, false), (.imageGone, true)])
    func theFirstRecordOfADigestStays(reason: Reason, isNew: Bool) async throws {
        try await LookupScene.run { scene in
            _ = try await scene.lookup().run()
            let lookup = scene.lookup()
            let pushed = try #require(scene.machine.withState { $0.tags[scene.tag] })
            let other = try FakeMachine.image(labels: [:], marked: "another")
            #expect(lookup.isNewInRegistry(pushed, scene.key, BuildCause(reason)) == isNew)
            #expect(lookup.isNewInRegistry(other, scene.key, BuildCause(reason)))
            let otherKey = try FakeKeys.key(target: "another").key
            #expect(lookup.isNewInRegistry(pushed, otherKey, BuildCause(reason)))
        }
    }

    /// A record that an immutable tag keeps is as good.
    @Test(arguments: [CacheRegistry.ArtifactPut.refusedBefore, .refused(refusal), .keptEarlier])
    func aRegistryThatKeepsNoRecordsCostsOneLine(answer: CacheRegistry.ArtifactPut) async throws {
        try await LookupScene.run { scene in
            scene.machine.withState { $0.artifactAnswer = answer }
            let result = try await scene.lookup().run()
            #expect(result.digest != nil)
            let log = try Self.log(scene)
            let lines = log.split(separator: "\n").filter { $0.contains("keeps no records") }
            #expect(lines.count == (answer == .refused(Self.refusal) ? 1 : 0))
            #expect(!log.contains("not its record"))
        }
    }

    private static let refusal = RegistryError(.unsupported, host: "registry.example", request: "PUT", words: "no")

    /// Puts an image and its record into the registry.
    private static func put(_ record: ImageRecord, _ digest: Digest, in scene: LookupScene) throws {
        let (tag, artifact) = (try Self.tag(scene, digest), try record.artifact)
        scene.machine.withState { $0.artifacts[tag] = artifact }
    }

    @Test(.timeLimit(.minutes(1))) func aHitOnAnEmptyIndexSaysWhatItSaved() async throws {
        try await LookupScene.run { scene in
            let digest = try scene.putInRegistry()
            try Self.put(Self.record(scene.keys.computed, of: digest), digest, in: scene)
            // The pull takes as long as the record's request.
            scene.machine.withState { $0.pullWaitsFor = .artifact }
            let result = try await scene.lookup().run()
            #expect(result.buildMilliseconds == 192_000)
            try #expect(scene.entry?.buildMilliseconds == 192_000)
            let saved = try #require(try scene.events.first?.savedMilliseconds)
            #expect(saved > 180_000)
        }
    }

    /// The registry takes its time for the record, and none for the image.
    @Test(.timeLimit(.minutes(1))) func aRecordThatDoesNotArriveDelaysNoHit() async throws {
        try await LookupScene.run { scene in
            let digest = try scene.putInRegistry()
            try Self.put(Self.record(scene.keys.computed, of: digest), digest, in: scene)
            scene.machine.withState { ($0.pullWaitsFor, $0.artifactWaitsFor) = (.artifact, .cancellation) }
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit && result.buildMilliseconds == nil)
            #expect(scene.machine.withState { $0.artifactQuestions } == 1)
        }
    }

    /// The daemon has the image already, so that only the rest of the hit's work gives the record time.
    @Test(.timeLimit(.minutes(1))) func aRecordMayArriveWhileAHitIsNamed() async throws {
        try await LookupScene.run { scene in
            let digest = try scene.putInRegistry()
            try scene.putInDaemonToo()
            try Self.put(Self.record(scene.keys.computed, of: digest), digest, in: scene)
            scene.machine.withState {
                ($0.pullWaitsFor, $0.artifactWaitsFor, $0.loginWaitsFor) = (.cancellation, .login, .arrival)
            }
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit && scene.machine.withState { $0.pulled.isEmpty })
            #expect(result.buildMilliseconds == 192_000)
        }
    }

    private static let wrong: [(name: String, change: @Sendable (inout ImageRecord) -> Void)] = [
        ("another image", { $0.image = "other" }), ("another key", { $0.key = String(repeating: "0", count: 40) }),
        ("another digest", { $0.digest = Digest(of: "other".utf8).description }),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: wrong.map(\.name))
    func aWrongRecordChangesNothing(name: String) async throws {
        let change = try #require(Self.wrong.first { $0.name == name }?.change)
        try await LookupScene.run { scene in
            let digest = try scene.putInRegistry()
            try Self.put(Self.record(scene.keys.computed, of: digest, change: change), digest, in: scene)
            scene.machine.withState { $0.pullWaitsFor = .artifact }
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit && result.digest == "\(digest)")
            #expect(result.buildMilliseconds == nil)
        }
    }

    @Test func whatIsNotPulledNeedsNoRecord() async throws {
        try await LookupScene.run([(OptionTable.skipPull, "true")]) { scene in
            let digest = try scene.putInRegistry()
            try Self.put(Self.record(scene.keys.computed, of: digest), digest, in: scene)
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit && result.buildMilliseconds == nil)
            #expect(scene.machine.withState { $0.artifactQuestions } == 0)
        }
    }

    @Test func aMissOnAnEmptyIndexIsExplainedByTheNewestBuild() async throws {
        try await LookupScene.run { scene in
            let newest = try scene.putInRegistry(tag: "latest")
            let other = try FakeKeys.key(target: "test")
            try Self.put(Self.record(other, of: newest), newest, in: scene)
            try await #expect(scene.lookup().run().origin == .built(.newKey))
            let log = try Self.log(scene)
            #expect(log.contains("Since build 812 of shop on main, 14 min 0 s ago:\n  target: test before, now none\n"))
            // `explain` also finds it.
            let index = try #require(scene.index.opened)
            let seen = try #require(try index.keyRecords.last(in: scene.surroundings.workingDirectory.pathBytes))
            let explanation = try Explanation(seen, index, now: LookupScene.now) { _ in nil }
            #expect(explanation.previous?.key == other.key.description)
            #expect(
                explanation.lines(limit: 5).contains(
                    "Before it \(other.key), 14 min 0 s ago: build 812 of shop on main, as the registry says"
                )
            )
            // For the next lookup, this agent has everything that it needs.
            let asked = scene.machine.withState { $0.artifactQuestions }
            scene.keys.computed = try FakeKeys.key(target: "third")
            try await #expect(scene.lookup().run().origin == .built(.newKey))
            #expect(scene.machine.withState { $0.artifactQuestions } == asked)
            #expect(try Self.log(scene).contains("Since the last lookup of app with another key"))
        }
    }

    /// An index that cannot be opened, or not be written, keeps nothing of it.
    @Test func aMissWithoutAnIndexIsExplainedByTheNewestBuildToo() async throws {
        try await LookupScene.run(hasIndex: false) { scene in
            let newest = try scene.putInRegistry(tag: "latest")
            try Self.put(Self.record(FakeKeys.key(target: "test"), of: newest), newest, in: scene)
            try await #expect(scene.lookup().run().origin == .built(.indexUnavailable))
            #expect(try Self.log(scene).contains("Since build 812 of shop on main, 14 min 0 s ago:\n  target: test"))
        }
    }

    @Test(arguments: [false, true])
    func aMissIsNotExplainedByARecordOfAnotherImageOrTheSameKey(isSameKey: Bool) async throws {
        try await LookupScene.run { scene in
            let newest = try scene.putInRegistry(tag: "latest")
            let key = isSameKey ? scene.keys.computed : try FakeKeys.key(target: "test")
            try Self.put(Self.record(key, of: newest, image: isSameKey ? "app" : "other"), newest, in: scene)
            try await #expect(scene.lookup().run().origin == .built(.newKey))
            #expect(try !Self.log(scene).contains("Since "))
        }
    }
}
