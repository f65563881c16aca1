import CLibrary
import Files
import Host
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Garbage
@testable import PluginConfiguration
@testable import Store

/// How a plan is carried out if there is not enough time for all of it. `gc.bats` tests images.
@Suite struct GarbageCollectionTests {
    private static let now: Int64 = 1_795_459_500_000

    private func withIndex(_ body: (Index, GarbageCollection) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let index = try Index.open(at: directory.appending("index.db"), now: Self.now).index
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            try await body(index, GarbageCollection(index: index, docker: nil, log: log, now: Self.now))
        }
    }

    private func record(_ count: Int, to index: Index) throws {
        try index.database.immediateTransaction {
            // A lookup yesterday shows that time has passed.
            try index.events.record(
                Event(at: Self.now - GarbageLimits.day, image: "app", provider: "local", outcome: .miss)
            )
            for at in 0..<Int64(count) {
                let branch = String(repeating: "x", count: 400)
                try index.events.record(
                    Event(at: at, image: "app", provider: "local", outcome: .miss, branch: branch)
                )
            }
        }
    }

    private func plan(_ index: Index, now: Int64 = now) async throws -> GarbagePlan {
        let survey = GarbageSurvey(
            index: index,
            docker: nil,
            environment: ["TMPDIR": "/nowhere"],
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let limits = GarbageLimits(maximumAge: 30 * GarbageLimits.day, orphanAge: .max)
        return GarbagePlan(try await survey.inventory(limits, now: now), limits: limits, now: now)
    }

    @Test func whatIsAskedForByAnotherPathHasTheSameLocks() throws {
        try withTemporaryDirectory { directory in
            let (real, link) = (directory.appending("real"), directory.appending("link"))
            let path = real.appending("index.db")
            _ = try Index.open(at: path, now: Self.now)
            #expect(symlink(real.string, link.string) == 0)
            let file = directory.appending("other.db")
            #expect(symlink(path.string, file.string) == 0)
            let key = try #require(try KeyLocks.attempt("k", .untrusted, path))
            let gc = try #require(try GarbageLock.take(path, now: Self.now))
            for other in [link.appending("index.db"), file] {
                #expect(try KeyLocks.attempt("k", .untrusted, other) == nil)
                #expect(try GarbageLock.take(other, now: Self.now) == nil)
                #expect(GarbageLock.lastRun(other) == Self.now)
            }
            key.release()
            gc.release()
            try write([1], to: path.suffixed(".corrupt-20200101T000000Z"))
            let leftovers = LeftoverFile.all(index: file, environment: [:], user: 0, now: Self.now)
            #expect(leftovers.filter { $0.kind == .damagedIndex }.count == 1)
        }
    }

    /// A clock that is far ahead must not make everything look old.
    @Test func aClockThatIsAheadRemovesNoHistory() async throws {
        try await withIndex { index, _ async throws in
            for at in [Self.now - GarbageLimits.day, Self.now, Self.now + 400 * GarbageLimits.day] {
                try index.events.record(Event(at: at, image: "app", provider: "local", outcome: .miss))
            }
            let plan = try await plan(index, now: Self.now + 400 * GarbageLimits.day)
            #expect(plan.steps.isEmpty, "\(plan.steps)")
            // A lookup on the next day shows that the clock is right.
            try index.events.record(
                Event(at: Self.now + 401 * GarbageLimits.day, image: "app", provider: "local", outcome: .miss)
            )
            let next = try await self.plan(index, now: Self.now + 402 * GarbageLimits.day)
            #expect(next.steps.count == 2, "\(next.steps)")
        }
    }

    @Test func aGcThatIsCancelledEndsWithinAStep() async throws {
        try await withIndex { index, collection async throws in
            try record(1_000, to: index)
            let plan = try await plan(index)
            nonisolated(unsafe) let work = (collection, plan)
            let result = await Task { () -> GarbageCollection.Result in
                withUnsafeCurrentTask { $0?.cancel() }
                return await work.0.carryOut(work.1)
            }.value
            #expect(result.remaining == plan.steps.count)
        }
    }

    /// A budget that counts its checks. Half of it is used up at once, and all of it after `left` checks.
    private final class Questions {
        var left: Int
        init(_ left: Int) { self.left = left }

        var budget: GarbageBudget {
            GarbageBudget(
                isUp: {
                    self.left -= 1
                    return self.left < 0
                },
                isHalfUp: { true }
            )
        }
    }

    @Test func manyRowsDoNotKeepOthersFromTheirTurn() async throws {
        try await withIndex { index, collection async throws in
            try record(1_000, to: index)
            try index.entries.save(
                Entry(key: "k", scope: "s", image: "app", provider: "local", builtAt: 1, createdAt: 1, lastUsedAt: 1)
            )
            let plan = try await plan(index)
            // Checked before each of three steps, before the second turn of the first step, and once during it.
            let result = await collection.carryOut(plan, within: Questions(4).budget)
            #expect(result.outcomes.map(\.outcome) == [.begun(rows: 64 + 64), .done, .done])
            #expect(result.remaining == 1)
            #expect(try index.entries.all().isEmpty)
            #expect(try index.housekeeping.count(.events, before: Self.now - GarbageLimits.day) == 1_000 - 128)
            let report = GarbageReport(plan, result)
            #expect(report.summary == "Removed 3 things; 1 is left for the next time.")
            #expect(report.report.removed.map(\.name).contains("(1000), 128 of them so far"))
            let second = await collection.carryOut(try await self.plan(index), within: Questions(100).budget)
            #expect(second.outcomes.map(\.outcome) == [.done, .done])
            #expect(second.remaining == 0)
            #expect(try index.housekeeping.count(.events, before: Self.now - GarbageLimits.day) == 0)
        }
    }

    @Test func aFileThatLostALargePartShrinks() async throws {
        try await withIndex { index, collection async throws in
            try record(20_000, to: index)
            _ = try index.emptyLog()
            let before = try #require(try? Stat(index.path).size)
            let result = await collection.carryOut(try await plan(index))
            #expect(result.outcomes.map(\.outcome) == [.done, .done, .done])
            #expect(result.outcomes.last?.step == .compact)
            #expect(try index.emptyLog())
            let after = try #require(try? Stat(index.path).size)
            #expect(after < before / 4, "\(before) bytes, then \(after)")
        }
    }

    @Test func whatThereIsNoTimeForIsCounted() async throws {
        try await withIndex { index, collection async throws in
            try record(10, to: index)
            let result = await collection.carryOut(try await plan(index), within: Questions(0).budget)
            #expect(result.outcomes.isEmpty)
            #expect(result.remaining == 2)
        }
    }
}
