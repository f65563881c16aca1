import Docker
import Files
import Fingerprint
import FoundationEssentials
import Images
import Options
import PluginConfiguration
import Registry
import Store
import SystemPackage
import Testing

@testable import Host
@testable import Inputs
@testable import Lookup

/// Whole lookups, from the key to the event, with a daemon and a registry in memory: every path of the flow.
@Suite struct LookupTests {
    static func refusal(_ reason: RegistryError.Reason) -> RegistryError {
        RegistryError(reason, host: "registry.example", request: "GET /v2/", words: "")
    }

    // MARK: On the agent

    @Test func whatTheIndexPromisesAndTheDaemonHasIsALocalHit() async throws {
        try await LookupScene.run { scene in
            try scene.promise()
            scene.putInDaemon()
            let result = try await scene.lookup().run()
            #expect(result.outcome == .localHit)
            #expect(result.reason == nil)
            #expect(result.image.description == scene.name)
            #expect(scene.machine.calls == [])
            try #expect(scene.entry?.hits == 1)
            try #expect(scene.events.map(\.outcome) == [.localHit])
            try #expect(scene.events.first?.pipeline == "shop")
        }
    }

    /// Another image has taken our name.
    @Test func anotherImageUnderTheNameIsNoHit() async throws {
        try await LookupScene.run(provider: "local") { scene in
            try scene.promise()
            scene.putInDaemon(id: "\(Digest(of: "another".utf8))")
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.imageGone))
            #expect(scene.machine.calls == ["build"])
        }
    }

    /// Another agent has renewed the image already: its image is the one that all use.
    @Test func anExpiredEntryIsBuiltAnewAndAYoungImageOfTheRegistryIsKept() async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.promise(age: 8 * LookupScene.day)
            scene.putInDaemon()
            try scene.putInRegistry()
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.maximumAge))
            #expect(result.outcome == .expired)
            #expect(scene.machine.calls.first == "build --pull")
            let build = try #require(scene.machine.withState { $0.builds.first })
            #expect(build.startsAnew && build.layerSources.isEmpty)
            #expect(!scene.machine.calls.contains("push \(scene.tag)"))
            try #expect(scene.entry?.builtAt == LookupScene.now - LookupScene.day)
        }
    }

    @Test func whereTheRegistryOfABaseImageIsDownTheBasesAreThoseOfTheAgent() async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")], provider: "local") { scene in
            try scene.promise(age: 8 * LookupScene.day)
            scene.machine.withState { $0.buildStatuses = [1] }
            try await #expect(scene.lookup().run().outcome == .expired)
            #expect(scene.machine.calls == ["build --pull", "build"])
            #expect(scene.machine.withState { $0.builds.allSatisfy(\.startsAnew) })
        }
    }

    @Test(
        arguments: [
            (OptionTable.restore, "false", .restoreDisabled), (OptionTable.strategy, "build", .strategyBuild),
        ] as [(OptionDefinition, String, Reason)]
    )
    func whoDoesNotAskBuilds(option: OptionDefinition, value: String, reason: Reason) async throws {
        try await LookupScene.run([(option, value)]) { scene in
            try scene.promise()
            scene.putInDaemon()
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(reason))
            #expect(result.outcome == .bypassed)
            // It queries only for the image that it has pushed itself.
            #expect(scene.machine.calls.first == "build")
            try #expect(scene.events.map(\.reason) == [reason])
        }
    }

    // MARK: In the registry

    @Test func whatTheRegistryHasIsPulledAndRemembered() async throws {
        try await LookupScene.run { scene in
            let digest = try scene.putInRegistry()
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(result.digest == "\(digest)")
            #expect(scene.machine.calls == ["find \(scene.tag)"])
            #expect(scene.machine.withState { $0.pulled } == [digest])
            #expect(scene.machine.withState { $0.images[scene.name] } != nil)
            let entry = try #require(try scene.entry)
            #expect(entry.registryDigest == "\(digest)")
            #expect(entry.builtAt == LookupScene.now - LookupScene.day)
            #expect(entry.hits == 1)
            try await #expect(scene.lookup().run().outcome == .localHit)
        }
    }

    @Test func whatTheDaemonHasUnderAnotherNameIsNotPulled() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry()
            try scene.putInDaemonToo()
            try await #expect(scene.lookup().run().outcome == .registryHit)
            #expect(scene.machine.calls == ["find \(scene.tag)"])
        }
    }

    @Test func whatNobodyHasIsBuiltAndSaved() async throws {
        try await LookupScene.run { scene in
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.newKey))
            #expect(result.outcome == .miss)
            #expect(
                scene.machine.calls == [
                    "find \(scene.tag)", "build", "find \(scene.tag)", "push \(scene.tag)", "find \(scene.tag)",
                    "move latest",
                ]
            )
            let entry = try #require(try scene.entry)
            #expect(entry.cacheImage == "registry.example/team/app:\(scene.tag)")
            #expect(entry.registryDigest == result.digest)
            #expect(entry.hits == 0)
            let event = try #require(try scene.events.first)
            #expect(event.outcome == .miss && event.reason == .newKey && event.failure == nil)
        }
    }

    @Test func anExpiredImageOfTheRegistryIsReplaced() async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: 8 * LookupScene.day)
            try await #expect(scene.lookup().run().origin == .built(.maximumAge))
            let questions = ["find \(scene.tag)", "find \(scene.tag)-r1"]
            let push = ["push \(scene.tag)", "find \(scene.tag)", "move latest"]
            #expect(scene.machine.calls == questions + ["build --pull"] + questions + push)
        }
    }

    @Test func whereNothingCanBeReplacedASuccessorStandsBesideIt() async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: 8 * LookupScene.day)
            scene.machine.withState { ($0.movesNoTags, $0.deletes) = (true, false) }
            try await #expect(scene.lookup().run().origin == .built(.maximumAge))
            try #expect(scene.entry?.cacheImage == "registry.example/team/app:\(scene.tag)-r1")
            // The next agent finds the image there.
            let opened = try #require(scene.index.opened)
            _ = try opened.entries.remove(key: scene.key.description, scope: scene.cache.place.scope)
            let found = try await scene.lookup().run()
            #expect(found.outcome == .registryHit)
        }
    }

    @Test func anAgentThatHasJustStartedLogsInBesideTheKey() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry()
            try await #expect(scene.lookup().run().outcome == .registryHit)
            // Once while the key is computed, and once to ensure Docker's login after the queries.
            #expect(scene.machine.withState { $0.logins } == 2)
            // A local hit queries no registry.
            try await #expect(scene.lookup().run().outcome == .localHit)
            #expect(scene.machine.withState { $0.logins } == 2)
        }
    }

    /// Each waits for the other.
    @Test(.timeLimit(.minutes(1))) func theLoginRunsWhileTheKeyIsComputed() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry()
            let machine = scene.machine
            machine.withState { $0.loginWaitsFor = .key }
            scene.keys.onCompute = {
                machine.withState { $0.keyBegun = true }
                try await machine.wait { $0.logins > 0 }
            }
            try await #expect(scene.lookup().run().outcome == .registryHit)
        }
    }

    /// Each waits for the other.
    @Test(.timeLimit(.minutes(1))) func theRepositoriesAreFoundWhileTheKeyIsComputed() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry()
            let machine = scene.machine
            scene.keys.onCompute = {
                machine.withState { $0.keyBegun = true }
                try await machine.wait { $0.namingBegun }
            }
            let lookup = scene.lookup {
                machine.withState { $0.namingBegun = true }
                try await machine.wait { $0.keyBegun }
            }
            try await #expect(lookup.run().outcome == .registryHit)
        }
    }

    /// The reason is a wrong configuration, such as a repository that others write to: this is not a lookup.
    @Test func repositoriesThatMayNotBeUsedEndTheStepWithoutAnEvent() async throws {
        try await LookupScene.run { scene in
            let wrong = OptionError.invalid(option: "image", value: "x", reason: "expected another one.")
            await #expect(throws: OptionError.self) { try await scene.lookup { throw wrong }.run() }
            try #expect(scene.events.isEmpty)
        }
    }

    /// The queries run during the login. Their results are not used if docker cannot log in.
    @Test(arguments: [false, true])
    func withoutALoginNothingIsTakenFromTheRegistry(skipsPull: Bool) async throws {
        try await LookupScene.run([(OptionTable.skipPull, "\(skipsPull)")]) { scene in
            try scene.putInRegistry()
            scene.machine.withState { $0.loginFailure = Self.refusal(.unauthorised) }
            try await #expect(scene.lookup().run().origin == .built(.registryRefused))
        }
    }

    @Test(arguments: [(OptionTable.restore, "false"), (OptionTable.registryCheck, "never")])
    func whoDoesNotAskTheRegistryDoesNotLogIn(option: OptionDefinition, value: String) async throws {
        try await LookupScene.run([(option, value), (OptionTable.readOnly, "true")]) { scene in
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.logins } == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [FakeMachine.Wait.pull, .inspection, .artifact])
    func whileAnImageIsJudgedItIsPulledAndLookedForAndItsRecordIsRead(wait: FakeMachine.Wait) async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry()
            scene.machine.withState { $0.judgementWaitsFor = wait }
            try await #expect(scene.lookup().run().outcome == .registryHit)
        }
    }

    /// The pull would never end by itself.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (8 * LookupScene.day, nil, false, .built(.maximumAge)),
            (LookupScene.day, "another", false, .built(.wrongImage)), (LookupScene.day, nil, true, .registry),
        ] as [(Int64, String?, Bool, LookupResult.Origin)]
    )
    func aPullThatIsNotNeededIsCancelled(
        age: Int64,
        key: String?,
        isInDaemon: Bool,
        origin: LookupResult.Origin
    ) async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: age, labelledKey: key)
            if isInDaemon { try scene.putInDaemonToo() }
            // The judgement would otherwise be faster than the pull's beginning.
            scene.machine.withState { ($0.pullWaitsFor, $0.judgementWaitsFor) = (.cancellation, .pull) }
            try await #expect(scene.lookup().run().origin == origin)
            let state = scene.machine.withState { ($0.pullsBegun, $0.cancelledPulls, $0.pulled) }
            #expect(state.0 > 0 && state.1 == state.0 && state.2.isEmpty)
        }
    }

    @Test func anImageOfAnotherKeyIsNotTaken() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry(labelledKey: "another")
            let other = try #require(scene.machine.withState { $0.tags[scene.tag] })
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.wrongImage))
            #expect(result.imageID.map { !other.identifiers.contains($0) } == true)
        }
    }

    @Test func anImageThatGoesBetweenQuestionAndPullIsBuilt() async throws {
        try await LookupScene.run { scene in
            try scene.putInRegistry()
            scene.machine.withState { $0.losesImages = true }
            try await #expect(scene.lookup().run().origin == .built(.imageGone))
        }
    }

    // MARK: Trouble with the registry

    @Test(arguments: [RegistryError.Reason.unauthorised, .forbidden, .credentialsUnavailable])
    func aRegistryThatLetsNobodyInCostsABuild(reason: RegistryError.Reason) async throws {
        try await LookupScene.run { scene in
            scene.machine.withState { $0.questionFailure = Self.refusal(reason) }
            try await #expect(scene.lookup().run().origin == .built(.registryRefused))
            // It answered, so docker's own push may give more details.
            #expect(!scene.machine.calls.contains("answers again?"))
            #expect(scene.machine.calls.contains("push \(scene.tag)"))
        }
    }

    @Test(arguments: [(false, false), (true, true)])
    func aSilentRegistryIsPushedToOnlyIfItAnswersAgain(answers: Bool, isPushed: Bool) async throws {
        try await LookupScene.run { scene in
            scene.machine.withState {
                ($0.questionFailure, $0.answersAgain) = (Self.refusal(.unreachable), answers)
            }
            try await #expect(scene.lookup().run().origin == .built(.registryUnreachable))
            #expect(scene.machine.calls.contains("answers again?"))
            #expect(scene.machine.calls.contains("push \(scene.tag)") == isPushed)
            try #expect(scene.entry?.localImageID != nil)
            try #expect((scene.entry?.cacheImage != nil) == isPushed)
        }
    }

    /// The registry reported that the image is too old, then stopped answering. The new image must use no old layers.
    @Test func whatExpiredBeforeTheRegistryFellSilentIsBuiltAnew() async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "7")]) { scene in
            try scene.putInRegistry(age: 8 * LookupScene.day)
            scene.machine.withState {
                $0.questionFailure = Self.refusal(.unreachable)
                $0.failingTags = ["\(scene.tag)-r1"]
            }
            try await #expect(scene.lookup().run().origin == .built(.maximumAge))
            #expect(scene.machine.withState { $0.builds.first?.startsAnew } == true)
            #expect(scene.machine.calls.contains("answers again?"))
        }
    }

    @Test func withOnErrorFailTroubleEndsTheStep() async throws {
        try await LookupScene.run([(OptionTable.onError, "fail")]) { scene in
            scene.machine.withState { $0.questionFailure = Self.refusal(.unreachable) }
            await #expect(throws: RegistryError.self) { try await scene.lookup().run() }
            #expect(scene.machine.withState { $0.builds.isEmpty })
            try #expect(scene.events.map(\.failure) == [.failed])
        }
    }

    @Test func anImageThatCannotBeSavedIsStillTheStepsImage() async throws {
        try await LookupScene.run { scene in
            scene.machine.withState { $0.pushFailure = Self.refusal(.forbidden) }
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.newKey))
            #expect(result.digest == nil)
            try #expect(scene.entry?.cacheImage == nil)
        }
    }

    // MARK: Options for the registry

    @Test func whatTheIndexPromisesIsPulledWithoutAQuestion() async throws {
        try await LookupScene.run([(OptionTable.registryCheck, "never")]) { scene in
            let digest = try scene.putInRegistry()
            try scene.promise(inRegistry: digest)
            try await #expect(scene.lookup().run().outcome == .registryHit)
            #expect(scene.machine.calls == [])
            #expect(scene.machine.withState { $0.pulled } == [digest])
        }
    }

    @Test(arguments: [(8 * LookupScene.day, nil, Reason.maximumAge), (LookupScene.day, "another", .wrongImage)])
    func whatIsPulledWithoutAQuestionIsJudgedToo(age: Int64, key: String?, reason: Reason) async throws {
        try await LookupScene.run([(OptionTable.registryCheck, "never"), (OptionTable.maxAgeDays, "7")]) { scene in
            let digest = try scene.putInRegistry(age: age, labelledKey: key)
            try scene.promise(inRegistry: digest)
            try await #expect(scene.lookup().run().origin == .built(reason))
        }
    }

    @Test func anImageThatNeedNotBeHereIsNotPulled() async throws {
        try await LookupScene.run([(OptionTable.skipPull, "true")]) { scene in
            try scene.putInRegistry()
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(result.image.description == "registry.example/team/app:\(scene.tag)")
            #expect(scene.machine.calls == ["find \(scene.tag)"])
            #expect(scene.machine.withState { $0.pulled.isEmpty })
        }
    }

    @Test func anImageThatNeedNotBeHereIsTakenOnTheWordOfTheIndex() async throws {
        try await LookupScene.run([(OptionTable.skipPull, "true"), (OptionTable.registryCheck, "never")]) { scene in
            try scene.promise(inRegistry: Digest(of: "promised".utf8))
            let result = try await scene.lookup().run()
            #expect(result.outcome == .registryHit)
            #expect(result.image.description == "registry.example/team/app:\(scene.tag)")
            #expect(scene.machine.calls == [])
        }
    }

    @Test func aReadOnlyLookupTakesAndSavesNothing() async throws {
        try await LookupScene.run([(OptionTable.readOnly, "true")]) { scene in
            try await #expect(scene.lookup().run().origin == .built(.newKey))
            #expect(scene.machine.calls == ["find \(scene.tag)", "build"])
            try #expect(scene.entry == nil)
        }
    }

    @Test func withoutARegistryTheDaemonIsAllThereIs() async throws {
        try await LookupScene.run(provider: "local") { scene in
            try await #expect(scene.lookup().run().origin == .built(.newKey))
            try await #expect(scene.lookup().run().outcome == .localHit)
            #expect(scene.machine.calls == ["build"])
            try #expect(scene.events.map(\.outcome) == [.localHit, .miss])
        }
    }

    @Test func withoutAnIndexTheImageIsStillHad() async throws {
        try await LookupScene.run(hasIndex: false) { scene in
            try await #expect(scene.lookup().run().origin == .built(.indexUnavailable))
            try await #expect(scene.lookup().run().outcome == .registryHit)
        }
    }

    // MARK: Failures

    @Test func aBaseImageThatChangedMeansAnotherKey() async throws {
        try await LookupScene.run { scene in
            let confirmed = try FakeKeys.key(target: "another")
            scene.keys.confirmed = confirmed
            let result = try await scene.lookup().run()
            #expect(result.key == confirmed.key)
            let tags = [scene.tag, "\(scene.cache.place.tag)-\(confirmed.key)"]
            #expect(scene.machine.calls.prefix(3) == ["find \(tags[0])", "find \(tags[1])", "build"])
            try #expect(scene.events.map(\.key) == [confirmed.key.description])
        }
    }

    @Test func whatChangedDuringTheBuildIsNotSaved() async throws {
        try await LookupScene.run { scene in
            scene.keys.isTrue = false
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.newKey))
            #expect(!scene.machine.calls.contains { $0.hasPrefix("push") })
            try #expect(scene.entry == nil)
        }
    }

    @Test(arguments: [BaseImageVerdict.moved(["node:20"]), .unknown(["node:20"])])
    func whatWasBuiltOnAnUncertainBaseImageIsNotSaved(verdict: BaseImageVerdict) async throws {
        try await LookupScene.run { scene in
            scene.keys.verdicts = [verdict]
            let result = try await scene.lookup().run()
            #expect(result.image.description == scene.name)
            #expect(!scene.machine.calls.contains { $0.hasPrefix("push") })
            try #expect(scene.entry == nil)
        }
    }

    /// That the base image adds something is known only after the build.
    @Test func whereTheUsedBaseImageAddsSomethingTheLookupStartsOver() async throws {
        try await LookupScene.run { scene in
            let whole = try FakeKeys.key(target: "another")
            scene.keys.verdicts = [.otherKey(whole), .asExpected]
            let result = try await scene.lookup().run()
            #expect(result.key == whole.key)
            let other = "\(scene.cache.place.tag)-\(whole.key)"
            #expect(
                scene.machine.calls == [
                    "find \(scene.tag)", "build", "find \(other)", "build", "find \(other)", "push \(other)",
                    "find \(other)", "move latest",
                ]
            )
            try #expect(scene.entry == nil)
            try #expect(scene.events.map(\.key) == [whole.key.description])
        }
    }

    @Test func whatIsNotSavedNeedsNoBaseImageToBeAskedFor() async throws {
        try await LookupScene.run([(OptionTable.save, "false")]) { scene in
            scene.keys.verdicts = [.unknown(["node:20"])]
            _ = try await scene.lookup().run()
            #expect(scene.keys.evidence.isEmpty)
        }
    }

    /// A build that was retried without `--pull` uses the daemon's base images.
    @Test(arguments: [([], true), ([1], false)] as [([Int32], Bool)])
    func theEvidenceSaysWhetherBasesWerePulled(statuses: [Int32], hasPulled: Bool) async throws {
        try await LookupScene.run([(OptionTable.maxAgeDays, "0")], provider: "local") { scene in
            scene.machine.withState { $0.buildStatuses = statuses }
            _ = try await scene.lookup().run()
            #expect(scene.keys.evidence.map(\.hasPulledBases) == [hasPulled])
        }
    }

    @Test(arguments: [([:], nil), (["BUILDX_BUILDER": "far"], "linux/amd64")] as [([String: String], String?)])
    func aChosenBuilderIsToldThePlatformOfTheKey(environment: [String: String], platform: String?) async throws {
        try await LookupScene.run(environment: environment) { scene in
            _ = try await scene.lookup().run()
            #expect(scene.machine.withState { $0.builds.map(\.platform?.description) } == [platform])
        }
    }

    @Test func anAddedAddressThatMovedDuringTheBuildIsNotSaved() async throws {
        try await LookupScene.run { scene in
            scene.keys.movedSources = [RemotePin(line: 2, written: "u", source: "u", meaning: .content(digest: "d"))]
            _ = try await scene.lookup().run()
            #expect(!scene.machine.calls.contains { $0.hasPrefix("push") })
        }
    }

    @Test func aBuildThatFailsIsRecordedAsSuch() async throws {
        try await LookupScene.run { scene in
            scene.machine.withState { $0.buildStatuses = [7] }
            do {
                _ = try await scene.lookup().run()
                Issue.record("no error")
            } catch let error as BuildFailure {
                #expect(error.exitStatus == 7)
            }
            let event = try #require(try scene.events.first)
            #expect(event.failure == .buildFailed && event.reason == .newKey && event.exitStatus == 7)
        }
    }

    @Test func withoutADaemonThereIsNoImage() async throws {
        try await LookupScene.run(provider: "local") { scene in
            scene.machine.withState { $0.daemonFailure = .daemonUnreachable(host: nil, message: "no") }
            await #expect(throws: DockerError.self) { try await scene.lookup().run() }
            try #expect(scene.events.map(\.failure) == [.daemonUnreachable])
        }
    }

    @Test func inputsThatCannotBeReadAreRecordedAsSuch() async throws {
        try await LookupScene.run { scene in
            scene.keys.unreadable = InputError.unreadable(path: "Dockerfile", what: .dockerfile, reason: "no")
            await #expect(throws: InputError.self) { try await scene.lookup().run() }
            let event = try #require(try scene.events.first)
            #expect(event.failure == .inputsUnreadable && event.key == nil)
        }
    }

    /// The builder may read files that this user cannot, or may leave them out. It decides whether the step fails.
    @Test(
        arguments: [
            InputError.context(.unreadable(path: "a", reason: .permissionDenied)), .context(.changing(path: "a")),
            .unreadable(path: "a", what: .ofCacheKey, reason: "no"),
        ]
    )
    func whatCannotBeReadOfTheContextIsLeftToTheBuilder(obstacle: InputError) async throws {
        try await LookupScene.run { scene in
            try scene.promise()
            scene.keys.unreadable = obstacle
            let result = try await scene.lookup().run()
            #expect(result.origin == .built(.inputsUnreadable))
            #expect(result.key == nil && !result.image.description.hasSuffix(scene.keys.computed.key.description))
            #expect(!scene.machine.calls.contains { $0.hasPrefix("find") || $0.hasPrefix("push") })
            let event = try #require(try scene.events.first)
            #expect(event.outcome == .bypassed && event.reason == .inputsUnreadable && event.key == nil)
            let another = try await scene.lookup().run()
            #expect(another.image != result.image)
            // A failed build fails the step.
            scene.machine.withState { $0.buildStatuses = [1] }
            await #expect(throws: BuildFailure.self) { try await scene.lookup().run() }
        }
    }

    @Test func whatCannotBeReadAfterTheBuildIsNotSaved() async throws {
        try await LookupScene.run { scene in
            scene.keys.unreadableAfterwards = InputError.context(.changing(path: "a"))
            try await #expect(scene.lookup().run().outcome == .miss)
            #expect(!scene.machine.calls.contains { $0.hasPrefix("push") })
            try #expect(scene.entry == nil)
        }
    }

    @Test func aLookupThatIsCancelledBuildsNothing() async throws {
        try await LookupScene.run { scene in
            withUnsafeCurrentTask { $0?.cancel() }
            await #expect(throws: CancellationError.self) { try await scene.lookup().run() }
            #expect(scene.machine.calls == [])
        }
    }

    // MARK: Concurrent lookups

    /// A lookup that waits for another process looks again, and takes the image that the other process has built.
    @Test(.timeLimit(.minutes(1))) func whatAnotherProcessBuiltMeanwhileIsTaken() async throws {
        try await LookupScene.run(provider: "local") { scene in
            let index = try #require(scene.index.path)
            let directory = index.removingLastComponent()
            let lock = try #require(try KeyLocks.attempt(scene.key.description, .anyone, index))
            lock.leave(StageNote(stage: .save, since: LookupScene.now - 75_000).text)
            let promised = scene.promised()
            let (machine, name) = (scene.machine, scene.name)
            // The other process finishes as soon as this lookup reports that it waits.
            let other = Task.detached {
                let log = URL(filePath: directory.appending("log").string)
                while !String(decoding: try Data(contentsOf: log), as: UTF8.self).contains("For 75 s it has been sav") {
                    try await Task.sleep(for: .milliseconds(5))
                }
                LookupScene.put(LookupScene.promisedID, as: name, in: machine)
                try Index.open(at: index, now: LookupScene.now).index.entries.save(promised)
                lock.release(removesFile: true)
            }
            try await #expect(scene.lookup().run().outcome == .localHit)
            #expect(scene.machine.calls == [])
            try await other.value
        }
    }
}
