import Docker
import Fingerprint
import Images
import PluginConfiguration
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Host
@testable import Inputs
@testable import Lookup

/// The names of images in a daemon in which other users build, remove and name images too.
@Suite struct LocalNameTests {
    static let late = DockerError.timedOut(command: "docker image inspect", seconds: 120)

    /// The ids of the daemon's images, by name.
    static func names(_ machine: FakeMachine) -> [String: String] {
        machine.withState { $0.images.filter { !$0.key.contains("@") }.mapValues(\.id) }
    }

    static func own(_ scene: LookupScene, _ id: String) -> String { "\(scene.name)-\(id.dropFirst(7).prefix(12))" }

    // MARK: The promised image

    @Test func anImageThatLostItsNameGetsOneOfItsOwn() async throws {
        try await LookupScene.run { scene in
            try scene.promise()
            scene.putInDaemon(name: "other:tag")
            let own = Self.own(scene, LookupScene.promisedID)
            for _ in 1...2 {
                let result = try await scene.lookup().run()
                #expect(result.outcome == .localHit)
                #expect(result.image.description == own)
            }
            #expect(Self.names(scene.machine) == ["other:tag": LookupScene.promisedID, own: LookupScene.promisedID])
        }
    }

    @Test func aPromisedImageNeverTakesTheNameOfANewerOne() async throws {
        try await LookupScene.run { scene in
            try scene.promise()
            scene.putInDaemon(name: "other:tag")
            scene.putInDaemon(id: "\(Digest(of: "newer".utf8))")
            let result = try await scene.lookup().run()
            #expect(result.outcome == .localHit)
            #expect(result.imageID == LookupScene.promisedID)
            #expect(result.image.description == Self.own(scene, LookupScene.promisedID))
            #expect(Self.names(scene.machine)[scene.name] == "\(Digest(of: "newer".utf8))")
        }
    }

    /// Two users with two paths: each index knows the images that it has built itself.
    @Test func twoIndexesOnOneDaemonBuildOnceEach() async throws {
        try await withTemporaryDirectory { first in
            try await withTemporaryDirectory { second in
                let one = try LookupScene(provider: "local", in: first)
                let other = try LookupScene(provider: "local", in: second, keys: one.keys, machine: one.machine)
                var images: [String: Set<String?>] = [:]
                for _ in 1...6 {
                    for (name, scene) in [("one", one), ("other", other)] {
                        let result = try await scene.lookup().run()
                        images[name, default: []].insert(result.imageID)
                        #expect(Self.names(one.machine)[result.image.description] == result.imageID)
                    }
                }
                #expect(one.machine.calls == ["build", "build"])
                #expect(images["one"]?.count == 1 && images["other"]?.count == 1 && images["one"] != images["other"])
                #expect(try one.events.map(\.outcome) == Array(repeating: .localHit, count: 5) + [.miss])
            }
        }
    }

    // MARK: Ownership of the shared name

    static let id = "\(Digest(of: "new".utf8))"
    static let key = "0123456789012345678901234567890123456789"

    static func image(_ id: String, built: String?, key: String = key, image: String = "app") -> ImageDetails {
        var labels = [ImageAge.keyLabel: key, ImageAge.imageLabel: image]
        labels[ImageAge.builtAtLabel] = built
        return ImageDetails(id: id, size: 1, created: "", labels: labels, repositoryDigests: [])
    }

    @Test(
        arguments: [
            ("nothing has it", nil, true, true),
            ("nothing has it, not saved", nil, false, true),
            ("an older one", image("a", built: "2027-01-14T08:00:00Z"), true, true),
            ("an older one, not saved", image("a", built: "2027-01-14T08:00:00Z"), false, false),
            ("one of the same age", image("a", built: "2027-01-15T08:00:00Z"), true, false),
            ("a newer one", image("a", built: "2027-01-16T08:00:00Z"), true, false),
            ("what it stands in for", image("known", built: "2027-01-15T08:00:00Z"), true, true),
            ("what is promised, not saved", image("known", built: "2027-01-14T08:00:00Z"), false, false),
            ("one of no age", image("a", built: nil), true, false),
            ("one of another key", image("a", built: "2027-01-16T08:00:00Z", key: "other"), true, true),
            ("one of another key, not saved", image("a", built: nil, key: "other"), false, false),
            ("another image", image("a", built: "2027-01-16T08:00:00Z", image: "web"), true, true),
            ("another image, not saved", image("a", built: nil, image: "web"), false, false),
        ] as [(String, ImageDetails?, Bool, Bool)]
    )
    func theSharedNameStaysWithTheNewestImage(
        what: String,
        holder: ImageDetails?,
        isSaved: Bool,
        takesIt: Bool
    ) throws {
        let key = try FakeKeys.key().key
        var holder = holder
        if holder?.labels[ImageAge.keyLabel] == Self.key { holder?.labels[ImageAge.keyLabel] = key.description }
        let takes = LookupDecision.takesSharedName(
            Self.image(Self.id, built: "2027-01-15T08:00:00Z"),
            from: holder,
            known: "known",
            image: try RepositoryName("app"),
            key: key,
            isSaved: isSaved
        )
        #expect(takes == takesIt, "\(what)")
    }

    @Test func whatMayNotBeSavedLeavesTheNameToWhatIsThere() async throws {
        try await LookupScene.run([(OptionTable.restore, "false")], provider: "local") { scene in
            _ = try await scene.lookup().run()
            let saved = try #require(Self.names(scene.machine)[scene.name])
            scene.keys.isTrue = false
            let result = try await scene.lookup().run()
            let id = try #require(result.imageID)
            // It keeps its temporary name from the build.
            #expect(LocalImageName.isTemporary(result.image.description, beside: scene.name))
            #expect(Self.names(scene.machine) == [scene.name: saved, result.image.description: id])
        }
    }

    @Test func whatIsPulledDoesNotTakeTheNameOfANewerImage() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry(age: 2 * LookupScene.day)
            scene.machine.withState {
                $0.images[scene.name] = Self.image(
                    "newer",
                    built: "2027-01-15T07:00:00Z",
                    key: scene.key.description
                )
            }
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(result.image.description == Self.own(scene, try #require(result.imageID)))
            #expect(Self.names(scene.machine)[scene.name] == "newer")
            let next = try await scene.lookup().run()
            #expect(next.outcome == .localHit)
            #expect(next.image == result.image)
        }
    }

    @Test func aBuildLeavesNoTemporaryName() async throws {
        try await LookupScene.run(provider: "local") { scene in
            let result = try await scene.lookup().run()
            #expect(result.image.description == scene.name)
            #expect(Array(Self.names(scene.machine).keys) == [scene.name])
            let built = try #require(scene.machine.withState { $0.builds.first?.image.description })
            #expect(LocalImageName.isOwn(built, beside: scene.name))
        }
    }

    // MARK: Concurrent changes

    @Test(arguments: [1, 2])
    func anImageThatIsRemovedAsSoonAsItIsBuiltIsBuiltOnceMore(times: Int) async throws {
        try await LookupScene.run(provider: "local") { scene in
            let machine = scene.machine
            machine.withState { state in
                state.onBuild = {
                    machine.withState { state in
                        if state.builds.count <= times { state.images = [:] }
                    }
                }
            }
            if times == 1 {
                let result = try await scene.lookup().run()
                #expect(result.image.description == scene.name)
                #expect(Self.names(machine)[scene.name] == result.imageID)
            } else {
                await #expect(throws: DockerError.self) { try await scene.lookup().run() }
            }
            #expect(machine.calls == ["build", "build"])
        }
    }

    /// The image query that times out, and the result.
    @Test(
        arguments: [
            ("the promised image", true, [late], [], .miss, .daemonSilent, false),
            ("what was built", false, [late], [], .miss, .newKey, true),
            ("what has the shared name", false, [nil, late], [], .miss, .newKey, true),
            ("the name for what was built", false, [], [late], .miss, .newKey, true),
        ] as [(String, Bool, [DockerError?], [DockerError?], Outcome, Reason, Bool)]
    )
    func aDaemonThatDoesNotAnswerInTimeFailsNoStep(
        what: String,
        isPromised: Bool,
        inspectFailures: [DockerError?],
        tagFailures: [DockerError?],
        outcome: Outcome,
        reason: Reason,
        isTemporary: Bool
    ) async throws {
        try await LookupScene.run(provider: "local") { scene in
            if isPromised {
                try scene.promise()
                scene.putInDaemon()
            }
            scene.machine.withState {
                $0.inspectFailures = inspectFailures
                $0.tagFailures = tagFailures
            }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(reason), "\(what)")
            #expect(result.outcome == outcome)
            #expect(LocalImageName.isOwn(result.image.description, beside: scene.name) == isTemporary)
            // The image that is passed to the step exists.
            #expect(Self.names(scene.machine)[result.image.description] != nil)
        }
    }

    @Test func aDaemonThatDoesNotAnswerInTimeIsNoTroubleOfTheRegistry() async throws {
        try await LookupScene.run { scene in
            let digest = try scene.putInRegistry()
            scene.machine.withState { $0.tagFailures = [.timedOut(command: "docker tag", seconds: 120)] }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.daemonSilent))
            // Asked again, it still has the image, which is not replaced.
            #expect(scene.machine.calls.count { $0 == "find \(scene.tag)" } == 2)
            #expect(result.digest == "\(digest)")
        }
    }
}
