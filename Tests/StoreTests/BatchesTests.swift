import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite struct BatchesTests {
    /// A clock that moves only when a test moves it.
    private final class Clock {
        var time = Duration.zero
        var pauses: [Duration] = []

        func timing(atPause: @escaping () -> Void = {}) -> Batches.Timing {
            Batches.Timing(now: { self.time }) { pause in
                self.pauses.append(pause)
                atPause()
            }
        }
    }

    @Test(
        arguments: [
            (1, 128), (9, 128), (10, 64), (20, 64), (21, 42), (40, 42), (41, 16), (5_000, 16),
        ] as [(Int64, Int64)]
    )
    func theSizeFollowsTheTimeThatTheLastTook(milliseconds: Int64, rows: Int64) {
        var size = BatchSize()
        size.adapt(after: .milliseconds(milliseconds))
        #expect(size.rows == rows)
    }

    @Test(arguments: [10, 100, 1_000, 10_000, 50_000, 1_000_000] as [Int64])
    func nobodyWaitsForLong(microsecondsOfARow: Int64) throws {
        try withIndex { index throws in
            let clock = Clock()
            var held: [Duration] = []
            var rest: Int64 = 100_000
            var batches = 0
            let result = try Batches(index.database, timing: clock.timing()).run(until: { batches >= 100 }) { limit in
                let count = min(limit, rest)
                let time = Duration.microseconds(microsecondsOfARow * count)
                rest -= count
                batches += 1
                clock.time += time
                held.append(time)
                return count
            }
            #expect(result.count == 100_000 - rest)
            #expect(result.isComplete == (rest == 0))
            // The first batches measure the speed of this machine. A single row may take longer.
            let longest = max(Duration.milliseconds(100), .microseconds(microsecondsOfARow))
            #expect(held.dropFirst(4).allSatisfy { $0 <= longest })
            #expect(clock.pauses.allSatisfy { $0 >= .milliseconds(1) && $0 <= .milliseconds(100) })
        }
    }

    /// Fills the index with old events, and returns how many events another process can record while `remove` runs,
    /// without waiting for a lock.
    private func eventsRecorded(_ count: Int, during remove: (Index, Batches.Timing) throws -> Void) throws -> Int {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let index = try Index.open(at: path, now: someTime).index
            let other = try Index.open(at: path, now: someTime, busyTimeoutMilliseconds: 0).index
            let checkout = try index.directoryStates.checkout(for: Array("/x".utf8), now: 1)
            try index.directoryStates.update(
                checkout: checkout,
                changed: (0..<count).map { (directory: Array("\($0)".utf8), records: [1]) },
                removed: []
            )
            try index.database.immediateTransaction {
                for at in 0..<Int64(count) {
                    try index.events.record(Event(at: at, image: "app", provider: "local", outcome: .miss))
                }
            }
            var recorded = 0
            var failure: (any Error)?
            let timing = Clock().timing {
                do {
                    try other.events.record(Event(at: someTime, image: "new", provider: "local", outcome: .localHit))
                    recorded += 1
                } catch {
                    failure = error
                }
            }
            try remove(index, timing)
            #expect(failure == nil)
            #expect(try index.events.recent(limit: 1_000).count { $0.image == "new" } == recorded)
            return recorded
        }
    }

    @Test func eventsAreRecordedWhileOldOnesAreRemoved() throws {
        let recorded = try eventsRecorded(3_000) { index, timing throws in
            #expect(
                try index.housekeeping.remove(.events, before: someTime, timing: timing)
                    == Batches.Result(count: 3_000, isComplete: true)
            )
        }
        #expect(recorded >= 5)
    }

    @Test func eventsAreRecordedWhileACheckoutIsForgotten() throws {
        let recorded = try eventsRecorded(3_000) { index, timing throws in
            let checkout = try #require(try index.directoryStates.checkouts().first)
            #expect(
                try index.directoryStates.remove(checkout, timing: timing)
                    == Batches.Result(count: 3_000, isComplete: true)
            )
            #expect(try index.directoryStates.checkouts().isEmpty)
        }
        #expect(recorded >= 5)
    }

    @Test func eventsAreRecordedWhileAllAreForgotten() throws {
        let recorded = try eventsRecorded(3_000) { index, timing throws in
            #expect(try index.statistics.forgetAll(timing: timing) == 3_000)
        }
        #expect(recorded >= 5)
    }

    @Test func eventsAreRecordedWhileTheFileShrinks() throws {
        let recorded = try eventsRecorded(20_000) { index, timing throws in
            _ = try index.housekeeping.remove(.events, before: someTime)
            let before = try index.space()
            #expect(before.free > 64 * 8192)
            #expect(try index.compact(timing: timing).isComplete)
            let after = try index.space()
            #expect(after.free < 64 * 8192)
            #expect(after.total < before.total - before.free / 2)
        }
        #expect(recorded >= 1)
    }

    @Test func aCheckoutThatIsUsedMeanwhileKeepsTheRest() throws {
        try withIndex { index throws in
            let path = Array("/x".utf8)
            let checkout = try index.directoryStates.checkout(for: path, now: 1)
            try index.directoryStates.update(
                checkout: checkout,
                changed: (0..<1_000).map { (directory: Array("\($0)".utf8), records: [1]) },
                removed: []
            )
            let found = try #require(try index.directoryStates.checkouts().first)
            let timing = Clock().timing {
                _ = try? index.directoryStates.checkout(for: path, now: someTime)
            }
            #expect(try index.directoryStates.remove(found, timing: timing) == nil)
            var left = 0
            try index.directoryStates.forEach(checkout: checkout) { _, _ in left += 1 }
            #expect(left > 0 && left < 1_000)
        }
    }

    @Test func whatThereIsNoTimeForIsLeft() throws {
        try withIndex { index throws in
            for at: Int64 in 0..<200 {
                try index.events.record(Event(at: at, image: "app", provider: "local", outcome: .miss))
            }
            let result = try index.housekeeping.remove(.events, before: 150, until: { true })
            #expect(result == Batches.Result(count: 64, isComplete: false))
            #expect(try index.housekeeping.count(.events, before: 150) == 86)
            #expect(try index.housekeeping.remove(.events, before: 150).isComplete)
            #expect(try index.events.recent(limit: 1_000).count == 50)
        }
    }
}
