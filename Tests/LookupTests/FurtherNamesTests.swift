import Docker
import Images
import Logging
import Options
import PluginConfiguration
import Registry
import Store
import Synchronization
import Testing

@testable import Host
@testable import Inputs
@testable import Lookup

/// `tags`, `local-tags` and `publish`: names that the image gets both on a hit and on a miss.
@Suite struct FurtherNamesTests {
    private static let tags = [(OptionTable.tags, "v1"), (OptionTable.tags, "v2")]
    private static let publish = [(OptionTable.publish, "api")]

    private static func digest(_ tag: String, _ scene: LookupScene) -> Digest? {
        scene.machine.withState { $0.tags[tag]?.named.digest }
    }

    @Test func aBuiltImageGetsItsTagsWithoutBeingPushedAgain() async throws {
        try await LookupScene.run(Self.tags + Self.publish) { scene in
            let result = try await scene.lookup().run()
            #expect(scene.machine.calls.filter { $0.hasPrefix("push") } == ["push \(scene.tag)"])
            #expect(scene.machine.calls.suffix(2) == ["move v1", "move v2"])
            let digest = try #require(Self.digest(scene.tag, scene))
            #expect(Self.digest("v1", scene) == digest && Self.digest("v2", scene) == digest)
            #expect(result.registryReference == "registry.example/team/app@\(digest)")
        }
    }

    @Test func aRegistryHitAsksNothingMoreForItsTags() async throws {
        try await LookupScene.run(Self.tags) { scene in
            let digest = try scene.putInRegistry()
            try await #expect(scene.lookup().run().outcome == .registryHit)
            #expect(scene.machine.calls == ["find \(scene.tag)", "move v1", "move v2"])
            #expect(Self.digest("v2", scene) == digest)
        }
    }

    @Test(arguments: [true, false]) func aLocalHitAsksWhetherTheRegistryStillHasIt(isThere: Bool) async throws {
        try await LookupScene.run(Self.publish) { scene in
            let digest = try scene.putInRegistry()
            if !isThere { scene.machine.withState { $0.tags = [:] } }
            try scene.promise(inRegistry: digest)
            scene.putInDaemon()
            let result = try await scene.lookup().run()
            #expect(result.outcome == .localHit)
            #expect(
                scene.machine.calls == ["has digest"] + (isThere ? [] : ["push \(scene.tag)", "find \(scene.tag)"])
            )
            let now = try #require(Self.digest(scene.tag, scene))
            #expect(result.registryReference == "registry.example/team/app@\(now)")
            #expect(result.digest == "\(now)")
            try #expect(scene.entry?.registryDigest == "\(now)")
            try #expect(scene.entry?.hits == 1)
        }
    }

    @Test func anImageThatWasNotSavedBeforeIsPushedOnALocalHit() async throws {
        try await LookupScene.run(Self.tags) { scene in
            try scene.promise()
            scene.putInDaemon()
            _ = try await scene.lookup().run()
            #expect(scene.machine.calls == ["push \(scene.tag)", "find \(scene.tag)", "move v1", "move v2"])
        }
    }

    @Test func aTagThatNamesTheImageAlreadyIsSuccessWhereTagsDoNotMove() async throws {
        try await LookupScene.run(Self.tags + [(OptionTable.onError, "fail")]) { scene in
            try scene.putInRegistry()
            scene.machine.withState {
                $0.movesNoTags = true
                $0.tags["v1"] = $0.tags[scene.tag]
            }
            try await #expect(scene.lookup().run().outcome == .registryHit)
            #expect(Self.digest("v2", scene) == Self.digest("v1", scene))
        }
    }

    @Test(arguments: [true, false]) func aTagThatNamesAnotherImageIsAWarningOrAnError(fails: Bool) async throws {
        try await LookupScene.run(Self.tags + (fails ? [(OptionTable.onError, "fail")] : [])) { scene in
            try scene.putInRegistry()
            let other = try scene.putInRegistry(tag: "v1")
            scene.machine.withState { $0.movesNoTags = true }
            if fails {
                await #expect(throws: NotInRegistry.self) { try await scene.lookup().run() }
            } else {
                try await #expect(scene.lookup().run().outcome == .registryHit)
                #expect(Self.digest("v2", scene) == Self.digest(scene.tag, scene))
            }
            #expect(Self.digest("v1", scene) == other)
        }
    }

    /// It may differ from what its key describes, but this step has built it.
    @Test func anImageThatIsNotSavedUnderItsKeyGetsItsTags() async throws {
        try await LookupScene.run(Self.tags) { scene in
            scene.keys.isTrue = false
            _ = try await scene.lookup().run()
            #expect(
                scene.machine.calls == [
                    "find \(scene.tag)", "build", "push v1", "remove \(scene.machine.repository):v1", "find v1",
                    "move v2",
                ]
            )
            #expect(Self.digest(scene.tag, scene) == nil)
            try #expect(scene.entry == nil)
        }
    }

    /// Two jobs push their own images under one tag at the same time.
    @Test func aTagThatAnotherJobHasPushedMeanwhileIsNotTakenForThisImage() async throws {
        try await LookupScene.run(Self.tags + Self.publish) { scene in
            scene.keys.isTrue = false
            let theirs = try FakeMachine.image(labels: [:], marked: "theirs")
            scene.machine.withState { state in
                state.onPush = { state in state.tags["v1"] = theirs }
            }
            let result = try await scene.lookup().run()
            #expect(result.registryReference == nil && result.digest == nil)
            #expect(Self.digest("v2", scene) == nil)
        }
    }

    /// Agent X could not save its image of the key, and agent Y has since saved another one.
    @Test func aLocalHitPushesNothingOverTheImageThatAnotherAgentHasSaved() async throws {
        try await LookupScene.run(Self.tags) { scene in
            let theirs = try scene.putInRegistry()
            try scene.promise()
            scene.putInDaemon()
            try await #expect(scene.lookup().run().outcome == .localHit)
            #expect(Self.digest(scene.tag, scene) == theirs)
            #expect(!scene.machine.calls.contains("push \(scene.tag)"))
            #expect(Self.digest("v1", scene) == Self.digest("v2", scene))
            #expect(Self.digest("v1", scene) != theirs)
        }
    }

    @Test func aReadOnlyBuildMovesNoLocalTags() async throws {
        try await LookupScene.run([(OptionTable.localTags, "dev"), (OptionTable.readOnly, "true")]) { scene in
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.images["app:dev"] } == nil)
        }
    }

    @Test func aReadOnlyBuildWritesNothingToTheRegistry() async throws {
        let options = Self.tags + Self.publish + [(OptionTable.readOnly, "true"), (OptionTable.onError, "fail")]
        try await LookupScene.run(options) { scene in
            try scene.putInRegistry()
            let result = try await scene.lookup().run()
            #expect(scene.machine.calls == ["find \(scene.tag)"])
            #expect(result.registryReference == nil)
        }
    }

    @Test func aRegistryThatDoesNotAnswerCostsALocalHitNoMoreThanItsTags() async throws {
        try await LookupScene.run(Self.tags) { scene in
            let digest = try scene.putInRegistry()
            try scene.promise(inRegistry: digest)
            scene.putInDaemon()
            scene.machine.withState { $0.questionFailure = LookupTests.refusal(.unreachable) }
            try await #expect(scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func theDaemonsImageGetsItsLocalTags() async throws {
        for provider in ["local", "registry"] {
            try await LookupScene.run([(OptionTable.localTags, "latest")], provider: provider) { scene in
                let built = try await scene.lookup().run()
                #expect(scene.machine.withState { $0.images["app:latest"]?.id } == built.imageID)
                scene.machine.withState { $0.images["app:latest"] = nil }
                try await #expect(scene.lookup().run().outcome == .localHit)
                #expect(scene.machine.withState { $0.images["app:latest"]?.id } == built.imageID)
            }
        }
    }
}

/// Agents that miss the same key at the same moment.
@Suite struct SavedMeanwhileTests {
    /// Another agent saves the image while this one builds.
    private static func saveDuringTheBuild(_ scene: LookupScene) throws {
        try scene.putInRegistry(age: 0)
        let (machine, tag) = (scene.machine, scene.tag)
        let theirs = machine.withState { $0.tags.removeValue(forKey: tag) }
        machine.withState { state in
            state.onBuild = { machine.withState { $0.tags[tag] = theirs } }
        }
    }

    @Test func theImageThatAnotherAgentHasSavedDuringTheBuildIsTheOneThatIsUsed() async throws {
        try await LookupScene.run { scene in
            try Self.saveDuringTheBuild(scene)
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.newKey))
            let calls = scene.machine.calls.filter { !$0.hasPrefix("remove") }
            #expect(calls == ["find \(scene.tag)", "build", "find \(scene.tag)"])
            let saved = try #require(scene.machine.withState { $0.tags[scene.tag] })
            #expect(result.imageID == "\(saved.identifier)" && result.digest == "\(saved.named.digest)")
            #expect(scene.machine.withState { $0.images[scene.name]?.id } == result.imageID)
            try #expect(scene.entry?.localImageID == result.imageID)
            try #expect(scene.events.map(\.outcome) == [.miss])
            try await #expect(scene.lookup().run().outcome == .localHit)
        }
    }

    /// The registry moves no tags, and another agent has pushed shortly before this one. If its image is the newer one,
    /// it also takes this image's name.
    @Test(arguments: [0, -1_000]) func whereTheTagIsAnotherAgentsByThenTheStepUsesThatImage(age: Int64) async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry(age: age)
            let (machine, tag) = (scene.machine, scene.tag)
            let theirs = try #require(machine.withState { $0.tags.removeValue(forKey: tag) })
            let (index, key, scope) = (try #require(scene.index.path), "\(scene.key)", scene.cache.place.scope)
            let promised = Mutex<[String?]>([])
            machine.withState { state in
                state.movesNoTags = true
                state.beforePush = { state in state.tags[tag] = theirs }
                state.onPull = {
                    let entry = try? Index.open(at: index, now: LookupScene.now).index.entries
                        .find(key: key, scope: scope)
                    promised.withLock { $0.append(entry?.localImageID) }
                }
            }
            let result = try await scene.lookup().run()
            #expect(result.outcome == .miss)
            // Until this lookup ends, no other step gets the image that it removes.
            #expect(promised.withLock { $0 } == [nil])
            #expect(result.imageID == "\(theirs.identifier)" && result.digest == "\(theirs.named.digest)")
            #expect(machine.withState { $0.images[result.image.description]?.id } == result.imageID)
            try #expect(scene.entry?.localImageID == result.imageID)
        }
    }

    /// Two agents find the same image expired in a registry that moves no tags. The first one deletes it, and the
    /// second one must not delete the first one's.
    @Test(arguments: [0, 1]) func anImageThatIsRenewedDuringThePushIsKept(deletions: Int) async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: 0)
            let (machine, tag) = (scene.machine, scene.tag)
            let theirs = try #require(machine.withState { $0.tags.removeValue(forKey: tag) })
            try scene.putInRegistry(age: 8 * LookupScene.day)
            let pushes = Mutex(0)
            machine.withState { state in
                state.movesNoTags = true
                state.beforePush = { state in
                    let push = pushes.withLock { pushes in
                        pushes += 1
                        return pushes
                    }
                    if push == deletions + 1 { state.tags[tag] = theirs }
                }
            }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.maximumAge))
            #expect(result.digest == "\(theirs.named.digest)")
            #expect(machine.calls.filter { $0.hasPrefix("delete") }.count == deletions)
            #expect(machine.withState { $0.tags } == [tag: theirs])
        }
    }

    /// Lookups that do not want a finished image get none, and an expired image is replaced.
    @Test(arguments: [(OptionTable.restore, "false"), (OptionTable.maxAgeDays, "0"), (OptionTable.strategy, "build")])
    func aBuildThatIsWantedIsSaved(option: OptionDefinition, text: String) async throws {
        try await LookupScene.run([(option, text)]) { scene in
            try Self.saveDuringTheBuild(scene)
            let result = try await scene.lookup().run()
            #expect(scene.machine.calls.contains("push \(scene.tag)"))
            #expect(result.digest == "\(try #require(scene.machine.withState { $0.tags[scene.tag]?.named.digest }))")
        }
    }

    /// Many agents find the same image expired, or the registry down, and build it at once.
    @Test(arguments: [true, false])
    func itIsUsedAfterAnExpiryAndAnOutageToo(hasExpired: Bool) async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: 0)
            let (machine, tag) = (scene.machine, scene.tag)
            let theirs = machine.withState { $0.tags.removeValue(forKey: tag) }
            if hasExpired {
                try scene.putInRegistry(age: 8 * LookupScene.day)
            } else {
                machine.withState { ($0.questionFailure, $0.answersAgain) = (LookupTests.refusal(.unreachable), true) }
            }
            machine.withState { state in
                state.onBuild = { machine.withState { ($0.tags[tag], $0.questionFailure) = (theirs, nil) } }
            }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(hasExpired ? .maximumAge : .registryUnreachable))
            #expect(!machine.calls.contains("push \(tag)"))
            #expect(result.digest == theirs.map { "\($0.named.digest)" })
        }
    }

    /// The daemon did not say in time whether it has the image, and has built it since.
    @Test func itIsUsedAfterASilenceOfTheDaemonToo() async throws {
        try await LookupScene.run { scene in
            let theirs = try scene.putInRegistry(age: 0)
            let late = DockerError.timedOut(command: "docker image inspect", seconds: 120)
            scene.machine.withState { $0.inspectFailures = [late] }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.daemonSilent))
            #expect(!scene.machine.calls.contains("push \(scene.tag)"))
            #expect(result.digest == "\(theirs)")
        }
    }

    /// The index alone decides. Nothing is asked before the push either.
    @Test func whoDoesNotAskTheRegistryIsNotAskedBeforeThePush() async throws {
        try await LookupScene.run([(OptionTable.registryCheck, "never")]) { scene in
            try Self.saveDuringTheBuild(scene)
            _ = try await scene.lookup().run()
            #expect(scene.machine.calls.prefix(2) == ["build", "push \(scene.tag)"])
        }
    }

    /// It may be the expired one, put back.
    @Test func anImageOfUnknownAgeIsNotUsedAfterAnExpiry() async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: 8 * LookupScene.day)
            let (machine, tag) = (scene.machine, scene.tag)
            let theirs = try FakeMachine.image(labels: [:], created: "")
            machine.withState { state in state.onBuild = { machine.withState { $0.tags[tag] = theirs } } }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.maximumAge))
            #expect(machine.calls.contains("push \(tag)"))
            #expect(result.digest != "\(theirs.named.digest)")
        }
    }

    @Test func aRegistryThatDoesNotAnswerThatQuestionIsPushedToAllTheSame() async throws {
        try await LookupScene.run { scene in
            scene.machine.withState { state in
                state.onBuild = { [machine = scene.machine] in
                    machine.withState { $0.questionFailure = LookupTests.refusal(.unreachable) }
                }
            }
            _ = try await scene.lookup().run()
            #expect(scene.machine.calls.contains("push \(scene.tag)"))
        }
    }
}
