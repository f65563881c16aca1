import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite struct EventStatisticsTests {
    private static let day: Int64 = 86_400_000

    /// Two days of one image, with lookups that each add something.
    private static let events: [Event] = [
        Event(
            at: 10 * day,
            image: "app",
            provider: "local",
            outcome: .miss,
            reason: .newKey,
            pipeline: "shop",
            branch: "main",
            milliseconds: StageMilliseconds(wait: 500, build: 9000),
            imageBytes: 100
        ),
        Event(
            at: 10 * day + 5,
            image: "app",
            provider: "local",
            outcome: .localHit,
            pipeline: "shop",
            branch: "main",
            milliseconds: StageMilliseconds(wait: 100),
            savedMilliseconds: 7000,
            imageBytes: 100
        ),
        Event(
            at: 11 * day - 1,
            image: "app",
            provider: "local",
            outcome: .registryHit,
            milliseconds: StageMilliseconds(wait: 99),
            savedMilliseconds: 6000,
            imageBytes: 100
        ),
        Event(
            at: 11 * day,
            image: "tools",
            provider: "ecr",
            outcome: .miss,
            reason: .imageGone,
            failure: .buildFailed,
            pipeline: "shop",
            branch: "next",
            milliseconds: StageMilliseconds(build: 4000)
        ),
        Event(at: 12 * day, image: "tools", provider: "ecr", outcome: .bypassed, reason: .restoreDisabled),
    ]

    private func withEvents(_ body: (Index) throws -> Void) throws {
        try withIndex { index in
            for event in Self.events { try index.events.record(event) }
            try body(index)
        }
    }

    @Test func everySumIsThere() throws {
        try withEvents { index throws in
            #expect(
                try index.statistics.sums(EventFilter())
                    == EventSums(
                        totals: EventTotals([.localHit: 1, .registryHit: 1, .miss: 2, .bypassed: 1], failures: 1),
                        waited: 1,
                        builds: 1,
                        buildMilliseconds: 9000,
                        slowestBuildMilliseconds: 9000,
                        savedMilliseconds: 13_000,
                        bytesNotPulled: 100,
                        bytesNotBuilt: 200
                    )
            )
        }
    }

    @Test(
        arguments: [
            (EventFilter(), 5), (EventFilter(since: 10 * day), 5), (EventFilter(since: 10 * day + 1), 4),
            (EventFilter(since: 10 * day + 6, until: 11 * day), 1), (EventFilter(until: 11 * day + 1), 4),
            (EventFilter(since: 10 * day + 5, until: 10 * day + 6), 1), (EventFilter(since: 13 * day), 0),
            (EventFilter(since: 12 * day, until: 11 * day), 0), (EventFilter(image: "app"), 3),
            (EventFilter(pipeline: "shop"), 3), (EventFilter(branch: "main"), 2),
            (EventFilter(since: 10 * day + 1, image: "app", branch: "main"), 1), (EventFilter(image: "nobody"), 0),
        ] as [(EventFilter, Int64)]
    )
    func aFilterCountsExactlyItsOwn(filter: EventFilter, lookups: Int64) throws {
        try withEvents { index throws in
            #expect(try index.statistics.sums(filter).totals.lookups == lookups)
        }
    }

    @Test(
        arguments: [
            (.image, ["app", "tools"]), (.pipeline, [nil, "shop"]), (.branch, [nil, "main", "next"]),
            (.provider, ["ecr", "local"]), (.reason, [nil, "image-gone", "new-key", "restore-disabled"]),
            (.day, ["1970-01-11", "1970-01-12", "1970-01-13"]),
        ] as [(EventDimension, [String?])]
    )
    func groupsAreSortedByTheirValue(dimension: EventDimension, values: [String?]) throws {
        try withEvents { index throws in
            let groups = try index.statistics.groups(by: dimension, EventFilter())
            #expect(groups.map(\.value) == values)
            #expect(groups.map(\.sums.totals.lookups).reduce(0, +) == 5)
        }
    }

    @Test func missesAreKnownByDayAndReasonAndWhatWasBypassedIsNone() throws {
        try withEvents { index throws in
            #expect(
                try index.statistics.missReasons(EventFilter()) == [
                    DayReason(day: "1970-01-11", reason: "new-key", lookups: 1),
                    DayReason(day: "1970-01-12", reason: "image-gone", lookups: 1),
                ]
            )
        }
    }

    @Test func sumsStayWhenEventsAreRemoved() throws {
        try withEvents { index throws in
            let before = try index.statistics.series(EventFilter())
            try index.database.run("DELETE FROM events")
            #expect(try index.statistics.series(EventFilter()) == before)
            #expect(before.map(\.image) == ["app", "app", "tools", "tools"])
            #expect(before.map(\.pipeline) == [nil, "shop", nil, "shop"])
            #expect(before.flatMap(\.reasons).map(\.reason) == ["new-key", "restore-disabled", "image-gone"])
        }
    }

    @Test func forgettingSaysHowManyThereWereAndLeavesEntries() throws {
        try withEvents { index throws in
            #expect(try index.statistics.forgetAll() == 5)
            #expect(try index.statistics.forgetAll() == 0)
            #expect(try index.statistics.sums(EventFilter()) == EventSums())
            #expect(try index.events.recent(limit: 1) == [])
        }
    }

    @Test func whatWasRecordedBeforeTheSumsIsInThem() throws {
        try withEvents { index throws in
            let kept = try index.statistics.series(EventFilter())
            try withTemporaryDirectory { directory in
                let path = directory.appending("index.db")
                let before = Schema(migrations: Array(Migration.all.prefix { $0.name != "statistics" }))
                let old = try Index.open(at: path, now: someTime, schema: before).index
                for event in Self.events { try old.events.record(event) }
                let migrated = try Index.open(at: path, now: someTime).index
                #expect(try migrated.statistics.series(EventFilter()) == kept)
            }
        }
    }

    @Test func anImageThatEntriesShareCountsOnce() throws {
        try withIndex { index in
            func entry(_ key: String, _ id: String?, _ size: Int64?) -> Entry {
                Entry(
                    key: key,
                    scope: "s",
                    image: "app",
                    provider: "local",
                    localImageID: id,
                    sizeBytes: size,
                    builtAt: 1,
                    createdAt: 1,
                    lastUsedAt: 1
                )
            }
            for entry in [entry("a", "x", 10), entry("b", "x", 10), entry("c", nil, 5), entry("d", nil, nil)] {
                try index.entries.save(entry)
            }
            let size = try index.entries.size()
            #expect(size.entries == 4)
            #expect(size.bytes == 15)
        }
    }
}
