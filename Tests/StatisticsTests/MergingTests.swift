import Store
import Testing

@testable import Statistics

/// The combined numbers of several hosts.
@Suite struct MergingTests {
    private static func sums(_ hits: Int64, _ misses: Int64, slowest: Int64) -> EventSums {
        EventSums(
            totals: EventTotals([.localHit: hits, .miss: misses], failures: 1),
            waited: 1,
            builds: misses,
            buildMilliseconds: misses * 1000,
            slowestBuildMilliseconds: slowest,
            savedMilliseconds: hits * 500,
            bytesNotPulled: hits * 10,
            bytesNotBuilt: hits * 20
        )
    }

    private static func host(_ image: String, hits: Int64, misses: Int64, day: String = "2026-11-01") -> Statistics {
        let sums = sums(hits, misses, slowest: misses * 1000)
        let group = EventGroup(value: image, sums: sums)
        return Statistics(
            sums: sums,
            reasons: [ReasonCount(reason: "new-key", lookups: misses)],
            failures: [ReasonCount(reason: "build-failed", lookups: 1)],
            days: [EventGroup(value: day, sums: sums)],
            slowestImages: [group],
            costliestImages: [group],
            missReasons: [DayReason(day: day, reason: "new-key", lookups: misses)],
            images: [group],
            grouping: Statistics.Grouping(dimension: .image, groups: [group]),
            series: [
                EventSeries(
                    image: image,
                    pipeline: nil,
                    provider: "local",
                    sums: sums,
                    reasons: [ReasonCount(reason: "new-key", lookups: misses)]
                )
            ],
            cache: Statistics.CacheSize(entries: 2, bytes: 100)
        )
    }

    @Test func numbersAddUpAndTheSlowestBuildStaysTheSlowest() throws {
        let merged = try Self.host("app", hits: 3, misses: 1)
            .merged(with: Self.host("app", hits: 1, misses: 4, day: "2026-10-31"))
        #expect(merged.hosts == 2)
        #expect(merged.sums.totals.hits == 4)
        #expect(merged.sums.totals.hitRate == 4.0 / 9)
        #expect(merged.sums.totals.failures == 2)
        #expect(merged.sums.builds == 5)
        #expect(merged.sums.slowestBuildMilliseconds == 4000)
        #expect(merged.sums.savedMilliseconds == 2000)
        #expect(merged.reasons == [ReasonCount(reason: "new-key", lookups: 5)])
        #expect(merged.failures == [ReasonCount(reason: "build-failed", lookups: 2)])
        #expect(merged.days.map(\.value) == ["2026-10-31", "2026-11-01"])
        #expect(merged.slowestImages.map(\.sums.builds) == [5])
        #expect(merged.costliestImages.map(\.sums.buildMilliseconds) == [5000])
        #expect(merged.missReasons.map(\.day) == ["2026-10-31", "2026-11-01"])
        #expect(merged.missReasons.map(\.lookups) == [4, 1])
        #expect(merged.grouping?.groups.map(\.sums.totals.lookups) == [9])
        #expect(merged.series.count == 1)
        #expect(merged.series[0].reasons == [ReasonCount(reason: "new-key", lookups: 5)])
        #expect(merged.cache == Statistics.CacheSize(entries: 4, bytes: 200))
    }

    @Test func whatOneHostHasIsThereToo() throws {
        let merged = try Self.host("a", hits: 1, misses: 1).merged(with: Self.host("b", hits: 1, misses: 2))
        #expect(merged.slowestImages.map(\.value) == ["a", "b"])
        #expect(merged.grouping?.groups.map(\.value) == ["b", "a"])
        #expect(merged.series.map(\.image) == ["a", "b"])
    }

    @Test func whatAHostPrintsIsReadAsItWas() throws {
        let printed = try Self.host("app", hits: 3, misses: 1).merged(with: Self.host("b\u{301}\"", hits: 0, misses: 2))
        let read = try StatisticsDocument.read(Array(printed.formatted(.json, bars: .ascii).utf8))
        var expected = printed
        // The document does not contain metrics.
        expected.series = []
        #expect(read == expected)
    }

    @Test(arguments: [
        ("", "it is not JSON"), ("[]", "there is no version"),
        ("{\"version\": 2}", "its version is 2, and this one reads 1"),
        ("{\"version\": 1}", "there is no slowest_images"), ("{}", "there is no version"),
        ("{\"version\": \"x\"}", "version is none of it"),
    ])
    func whatIsNoStatisticsIsRefused(text: String, reason: String) {
        // An array is not an object and has no keys.
        let reason = text == "[]" ? " is none of it" : reason
        #expect(throws: StatisticsMergeError.notStatistics(reason: reason)) {
            try StatisticsDocument.read(Array(text.utf8))
        }
    }

    @Test func aNumberThatCannotBeIsRefused() throws {
        let text = try Self.host("app", hits: 3, misses: 1).formatted(.json, bars: .ascii)
        for number in ["-1", "9223372036854775807"] {
            let wrong = text.replacing("\"waited\" : 1", with: "\"waited\" : \(number)")
            #expect(throws: StatisticsMergeError.notStatistics(reason: "waited is \(number)")) {
                try StatisticsDocument.read(Array(wrong.utf8))
            }
        }
    }

    /// Hits of large images add up to petabytes. What a merge prints can be merged again.
    @Test(arguments: [600_000_000_000_000, 4_000_000_000_000_000_000] as [Int64])
    func theSizesOfAFleetAddUpToAnyNumber(bytes: Int64) throws {
        var merged = Self.host("app", hits: 3, misses: 1)
        (merged.sums.bytesNotBuilt, merged.sums.bytesNotPulled, merged.cache.bytes) = (bytes, bytes, bytes)
        for _ in 1...3 {
            let read = try StatisticsDocument.read(Array(merged.formatted(.json, bars: .ascii).utf8))
            merged = try read.merged(with: read)
        }
        let expected = bytes.multipliedReportingOverflow(by: 8)
        #expect(merged.hosts == 8)
        for sum in [merged.sums.bytesNotBuilt, merged.sums.bytesNotPulled, merged.cache.bytes] {
            #expect(sum == (expected.overflow ? .max : expected.partialValue))
        }
        #expect(throws: Never.self) { try merged.formatted(.text, bars: .ascii) }
    }

    @Test(
        arguments: [
            (EventFilter(image: "app"), "It was made without --image. Make it with the same --image."),
            (EventFilter(since: 1), "It was made without --since. Make it with --since."),
        ] as [(EventFilter, String)]
    )
    func whatCountsSomethingElseIsNotAddedUp(filter: EventFilter, text: String) {
        var own = Self.host("app", hits: 1, misses: 1)
        let other = own
        own.filter = filter
        let error = #expect(throws: StatisticsMergeError.self) { try own.merged(with: other) }
        #expect(error?.description == text)
        var othersFilter = other
        othersFilter.filter = EventFilter(pipeline: "shop")
        #expect(throws: StatisticsMergeError.countsSomethingElse(argument: "--pipeline", value: "shop")) {
            try other.merged(with: othersFilter)
        }
    }

    @Test func groupsThatOneHostLacksAreNoGroups() {
        var other = Self.host("app", hits: 1, misses: 1)
        other.grouping = nil
        #expect(throws: StatisticsMergeError.isGroupedOtherwise(by: .image)) {
            try Self.host("app", hits: 1, misses: 1).merged(with: other)
        }
    }

    @Test func theTextSaysHowManyHostsItCovers() throws {
        var merged = try Self.host("a", hits: 1, misses: 1).merged(with: Self.host("b", hits: 1, misses: 2))
        merged.grouping = nil
        #expect(try merged.formatted(.text, bars: .ascii).hasPrefix("Hosts       2\nLookups     5\n"))
    }
}
