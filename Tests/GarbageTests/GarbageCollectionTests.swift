import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Garbage
@testable import PluginConfiguration
@testable import Store

/// What becomes of a plan where there is not time for all of it. Images are in `gc.bats`.
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
            for at in 0..<Int64(count) {
                let branch = String(repeating: "x", count: 400)
                try index.events.record(
                    Event(at: at, image: "app", provider: "local", outcome: .miss, branch: branch)
                )
            }
        }
    }

    private func plan(_ index: Index) async throws -> GarbagePlan {
        let survey = GarbageSurvey(
            index: index,
            docker: nil,
            environment: ["TMPDIR": "/nowhere"],
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let limits = GarbageLimits(maximumAge: 30 * GarbageLimits.day, orphanAge: .max)
        return GarbagePlan(try await survey.inventory(limits, now: Self.now), limits: limits, now: Self.now)
    }

    /// A budget that is asked: half of it is up at once, and all of it after so many questions.
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
            // Asked before each of three steps, before the second turn of the first, and once within it.
            let result = await collection.carryOut(plan, within: Questions(4).budget)
            #expect(result.outcomes.map(\.outcome) == [.begun(rows: 64 + 64), .done, .done])
            #expect(result.remaining == 1)
            #expect(try index.entries.all().isEmpty)
            #expect(try index.housekeeping.count(.events, before: Self.now) == 1_000 - 128)
            let report = GarbageReport(plan, result)
            #expect(report.summary == "Removed 3 things; 1 is left for the next time.")
            #expect(report.report.removed.map(\.name).contains("(1000), 128 of them so far"))
            let second = await collection.carryOut(try await self.plan(index), within: Questions(100).budget)
            #expect(second.outcomes.map(\.outcome) == [.done, .done])
            #expect(second.remaining == 0)
            #expect(try index.housekeeping.count(.events, before: Self.now) == 0)
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
