import Store
import Testing

@testable import Statistics

@Suite struct StatisticsFormatTests {
    private static let sums = EventSums(
        totals: EventTotals([.localHit: 5, .registryHit: 2, .miss: 3, .expired: 1, .bypassed: 4], failures: 1),
        waited: 1,
        builds: 2,
        buildMilliseconds: 9001,
        slowestBuildMilliseconds: 5001,
        savedMilliseconds: 192_060,
        bytesNotPulled: 1_234_567,
        bytesNotBuilt: 2_000_000
    )

    private static let statistics = Statistics(
        sums: sums,
        reasons: [ReasonCount(reason: "new-key", lookups: 3)],
        failures: [ReasonCount(reason: "build-failed", lookups: 1)],
        days: [EventGroup(value: "2026-11-01", sums: sums), EventGroup(value: "2026-11-03", sums: EventSums())],
        slowestImages: [EventGroup(value: "app\u{1B}[2J", sums: sums)],
        series: [EventSeries(image: "a\"\\\n", pipeline: nil, provider: "local", sums: sums)],
        cache: Statistics.CacheSize(entries: 1, bytes: 500, limitBytes: 1000)
    )

    @Test func theTextHasEveryNumber() throws {
        #expect(
            try Self.statistics.formatted(.text, bars: .ascii) == """
                Lookups     15
                Hits        7
                  Local     5
                  Registry  2
                Misses      3
                Expired     1
                Bypassed    4
                Failed      1
                Waited      1
                Builds      2
                Time built  9.00 s
                Time saved  3 min 12 s
                Not pulled  1.23 MB
                Not built   2.00 MB
                Hit rate    64%
                By day      +    2026-11-01 to 2026-11-03

                Reasons for no hit
                  new-key  3

                Reasons for failure
                  build-failed  1

                Slowest images  Builds  Average  Slowest
                  app\\u{1B}[2J       2   4.50 s   5.00 s

                Cache       1 image, 500 B of 1.00 kB (50%)

                """
        )
    }

    @Test func metricsEscapeNamesAndCountSecondsExactly() throws {
        let text = try Self.statistics.formatted(.prometheus, bars: .ascii)
        let labels = #"{image="a\"\\\n",pipeline="",provider="local"}"#
        #expect(text.contains("docker_cache_saved_seconds_total\(labels) 192.060\n"))
        #expect(text.contains("# TYPE docker_cache_hits_total counter\ndocker_cache_hits_total\(labels) 7\n"))
        #expect(text.hasSuffix("# TYPE docker_cache_limit_bytes gauge\ndocker_cache_limit_bytes 1000\n"))
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("\"\u{301}", "\"\"\"\u{301}\""),
        ("a\r\nb", "\"a\r\nb\""), ("", ""), ("=1+2", "=1+2"),
    ])
    func aFieldIsQuotedWhereItHasTo(text: String, expected: String) {
        #expect(StatisticsTable.field(text) == expected)
    }

    @Test func namesOfCountersAreThereOnce() {
        #expect(Set(Counter.all.map(\.name)).count == Counter.all.count)
        #expect(Set(Counter.all.map(\.metric)).count == Counter.all.count)
    }

    @Test(
        arguments: [
            (["LANG": "C.UTF-8"], .unicode), (["LANG": "en_GB.utf8"], .unicode), ([:], .ascii),
            (["LC_ALL": "C", "LANG": "C.UTF-8"], .ascii), (["LC_ALL": "", "LC_CTYPE": "de_DE.UTF-8"], .unicode),
        ] as [([String: String], Sparkline.Style)]
    )
    func theLocaleDecidesWhatBarsAreMadeOf(environment: [String: String], style: Sparkline.Style) {
        #expect(Sparkline.Style(environment: environment) == style)
    }

    @Test func aPageAnswersTheLargestQuestionFirst() throws {
        var statistics = Self.statistics
        statistics.costliestImages = [EventGroup(value: "app", sums: Self.sums)]
        let page = StatisticsPage(statistics, made: "now", scope: "all").text
        let answer = try #require(page.firstRange(of: "It saved 3 min 12 s: 64% of 11 lookups hit."))
        let cost = try #require(page.firstRange(of: "app costs the most: 9.00 s in 2 builds, 4.50 s on average."))
        let first = try #require(page.firstRange(of: "class=\"columns\""))
        #expect(answer.upperBound < cost.lowerBound && cost.upperBound < first.lowerBound)
    }

    /// On this day, 7 of 11 lookups hit, without bypassed ones. The four most frequent of five reasons have their own
    /// colours.
    @Test func aDaysHitsAndMissesAreStackedToOneHundredPercent() throws {
        var statistics = Self.statistics
        statistics.missReasons = [
            DayReason(day: "2026-11-01", reason: "new-key", lookups: 1),
            DayReason(day: "2026-11-01", reason: "max-age", lookups: 1),
            DayReason(day: "2026-11-01", reason: "image-gone", lookups: 1),
            DayReason(day: "2026-11-01", reason: "wrong-image", lookups: 1),
            DayReason(day: "2026-11-03", reason: "new-key", lookups: 4),
            DayReason(day: "2026-11-03", reason: "max-age", lookups: 3),
            DayReason(day: "2026-11-03", reason: "image-gone", lookups: 2),
            DayReason(day: "2026-11-03", reason: "unverified", lookups: 2),
        ]
        let page = StatisticsPage(statistics, made: "now", scope: "all").text
        let column = """
            <b class="tip">2026-11-01: 64% of 11 hit; new-key 1, max-age 1, image-gone 1, wrong-image 1</b>\
            <span class="stack"><i class="hit" style="height:63.64%"></i>
            <i class="miss-1" style="height:9.09%"></i>
            <i class="miss-2" style="height:9.09%"></i>
            <i class="miss-3" style="height:9.09%"></i>
            <i class="miss-other" style="height:9.09%"></i></span>
            """
        #expect(page.contains(column))
        #expect(page.contains("2026-11-02: no lookups</b>"))
    }

    @Test func aPageHoldsNamesAsTexts() {
        let hostile = "<script>alert('x')</script>&\"\u{202E}"
        var statistics = Self.statistics
        statistics.slowestImages = [EventGroup(value: hostile, sums: Self.sums)]
        let page = StatisticsPage(statistics, made: "now", scope: hostile).text
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\\u{202E}"))
    }
}

@Suite struct CounterTests {
    /// A new outcome needs a counter. Otherwise no format would show it.
    @Test(arguments: Outcome.allCases)
    func everyOutcomeIsCounted(outcome: Outcome) {
        let sums = EventSums(totals: EventTotals([outcome: 1]))
        let others: Set = ["lookups", "hits"]
        let counted = Counter.all.filter { !others.contains($0.name) && $0.value(sums) == 1 }
        #expect(counted.count == 1, "\(counted.map(\.name))")
    }
}
