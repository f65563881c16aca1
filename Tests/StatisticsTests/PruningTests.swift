import Formatting
import SystemPackage
import TestSupport
import Testing

@testable import Statistics
@testable import Store

/// `stats` prints the same before and after old rows are pruned.
@Suite struct PruningTests {
    private static let day: Int64 = 86_400_000
    /// 23 November 2026, 18:45:00 UTC.
    private static let now: Int64 = 1_795_459_500_000

    private func record(_ count: Int, ofDays days: Int64, seed: UInt64, to index: Index) throws {
        var random = SeededGenerator(seed: seed)
        try index.database.immediateTransaction {
            for _ in 0..<count {
                let outcome = Outcome.allCases.randomElement(using: &random) ?? .miss
                let isMiss = outcome == .miss
                let number = Int.random(in: 0..<7, using: &random)
                try index.events.record(
                    Event(
                        at: Self.now - Int64.random(in: 0..<(days * Self.day), using: &random),
                        image: "image-\(number)",
                        provider: number.isMultiple(of: 2) ? "local" : "ecr",
                        outcome: outcome,
                        reason: isMiss ? [.newKey, .imageGone].randomElement(using: &random) : nil,
                        failure: Int.random(in: 0..<9, using: &random) == 0 ? .buildFailed : nil,
                        pipeline: [nil, "shop", "site"].randomElement(using: &random) ?? nil,
                        branch: "main",
                        milliseconds: StageMilliseconds(
                            wait: Int64.random(in: 0..<200, using: &random),
                            build: isMiss ? Int64.random(in: 0..<90_000, using: &random) : nil
                        ),
                        savedMilliseconds: Int64.random(in: 0..<90_000, using: &random),
                        imageBytes: Int64.random(in: 0..<1_000_000, using: &random)
                    )
                )
            }
        }
    }

    /// Prunes as gc does, with `now` as the time.
    private func prune(_ index: Index, now: Int64) throws {
        for (kind, age) in [
            (Housekeeping.Kind.events, EventStatistics.daysAge), (.dailyTotals, EventStatistics.daysAge),
            (.earlierDays, EventStatistics.earlierDaysAge),
        ] {
            _ = try index.housekeeping.remove(kind, before: now - age)
            #expect(try index.housekeeping.count(kind, before: now - age) == 0)
        }
    }

    private func withIndex(_ body: (Index) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            try body(try Index.open(at: directory.appending("index.db"), now: Self.now).index)
        }
    }

    private func printed(
        _ index: Index,
        _ filter: EventFilter,
        by dimension: EventDimension? = nil
    ) throws -> [StatisticsFormat: String] {
        let statistics = try Statistics(
            of: index,
            filter.inWholeDays(before: Self.now - EventStatistics.daysAge),
            by: dimension,
            hasSeries: true,
            now: Self.now
        )
        let formats = StatisticsFormat.allCases.map { format in
            Result { try statistics.formatted(format, bars: .ascii) }.map { (format, $0) }
        }
        return Dictionary(uniqueKeysWithValues: try formats.map { try $0.get() })
    }

    /// All lookups, and spans of days that are kept: nothing changes, for any grouping.
    @Test(
        arguments: [
            EventFilter(), EventFilter(since: now - 89 * day), EventFilter(since: now - 30 * day, until: now - 7 * day),
            EventFilter(since: 0), EventFilter(since: now - 2000 * day), EventFilter(since: now - 90 * day),
        ],
        [nil, .image, .pipeline, .provider, .reason, .day] as [EventDimension?]
    )
    func whatIsPrintedStays(filter: EventFilter, dimension: EventDimension?) throws {
        try withIndex { index throws in
            try record(1_000, ofDays: 400, seed: 1, to: index)
            let before = try printed(index, filter, by: dimension)
            try prune(index, now: Self.now)
            #expect(try printed(index, filter, by: dimension) == before)
            // The names in a filter are kept as well.
            if filter == EventFilter() {
                let sums = try index.statistics.sums(EventFilter(image: "image-3", pipeline: "shop"))
                try prune(index, now: Self.now)
                #expect(try index.statistics.sums(EventFilter(image: "image-3", pipeline: "shop")) == sums)
            }
        }
    }

    /// Older spans keep everything but names.
    @Test(
        arguments: [
            EventFilter(since: now - 200 * day), EventFilter(until: now - 100 * day), EventFilter(until: now - 3 * day),
            EventFilter(since: now - 300 * day + 5, until: now - 150 * day + 7), EventFilter(since: now - 91 * day),
            EventFilter(since: now - 300 * day, until: now - 5 * day - 3),
        ]
    )
    func olderSpansAreKnownByDay(filter: EventFilter) throws {
        try withIndex { index throws in
            try record(1_000, ofDays: 400, seed: 2, to: index)
            let filter = filter.inWholeDays(before: Self.now - EventStatistics.daysAge)
            func known() throws -> [EventGroup] {
                try index.statistics.groups(by: .day, filter) + index.statistics.groups(by: .reason, filter)
                    + [EventGroup(value: "all", sums: try index.statistics.sums(filter))]
            }
            let before = try known()
            #expect(try index.statistics.namesAreKnownSince(filter) == nil)
            try prune(index, now: Self.now)
            #expect(try known() == before)
            let isAll = filter.since == nil && (filter.until ?? .max) > Self.now - EventStatistics.daysAge
            let first = (Self.now - EventStatistics.daysAge) / Self.day
            #expect(try index.statistics.namesAreKnownSince(filter) == (isAll ? nil : first))
        }
    }

    /// Over many rounds, and in any order of recording and pruning, nothing is lost or counted twice.
    @Test func whatIsRecordedForAnOldDayCounts() throws {
        try withIndex { index throws in
            try withTemporaryDirectory { directory throws in
                let whole = try Index.open(at: directory.appending("index.db"), now: Self.now).index
                for round: UInt64 in 0..<8 {
                    for index in [index, whole] { try record(300, ofDays: 300, seed: 10 + round, to: index) }
                    try prune(index, now: Self.now - Int64(8 - round) * 10 * Self.day)
                }
                #expect(try printed(index, EventFilter()) == printed(whole, EventFilter()))
                #expect(
                    try printed(index, EventFilter(since: 0), by: .image)
                        == printed(whole, EventFilter(since: 0), by: .image)
                )
                #expect(try index.statistics.forgetAll() == 2_400)
                #expect(try index.statistics.sums(EventFilter()) == EventSums())
            }
        }
    }

    @Test func theTablesAreBounded() throws {
        try withIndex { index throws in
            try record(3_000, ofDays: 1_500, seed: 3, to: index)
            let sums = try index.statistics.sums(EventFilter())
            try prune(index, now: Self.now)
            func count(_ table: String) throws -> Int64 {
                try index.database.first("SELECT count(*) FROM \(table)") { try $0.int64(0) } ?? 0
            }
            let days = try index.database.first("SELECT min(day) FROM earlier_days") { try $0.int64(0) } ?? 0
            #expect(days >= (Self.now - EventStatistics.earlierDaysAge) / Self.day)
            #expect(try count("daily_totals") <= count("events") + 1)
            // Seven images, two providers, three pipelines, and their outcomes.
            #expect(try count("earlier_series") < 7 * 3 * 30)
            #expect(try index.statistics.sums(EventFilter()) == sums)

            let named = try index.statistics.groups(by: .image, EventFilter())
            _ = try EarlierTotals(index.database).takeDays(
                before: Self.now / Self.day,
                keeping: 5,
                timing: .system,
                until: { false }
            )
            let series = try index.database.first(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM earlier_series WHERE image <> '' GROUP BY image, pipeline, provider
                )
                """
            ) { try $0.int64(0) }
            #expect(series == 5)
            #expect(try index.statistics.sums(EventFilter()) == sums)
            #expect(try index.statistics.groups(by: .image, EventFilter()).map(\.value) != named.map(\.value))
        }
    }
}
