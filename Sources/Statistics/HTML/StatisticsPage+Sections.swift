import Formatting
import Store

extension StatisticsPage {
    var rateSection: HTML {
        guard !days.isEmpty else { return Self.section("rate", "Hit rate by day", "<p class=\"note\">No lookups.</p>") }
        let chart = DayChart(
            name: "rate-chart",
            title: "Hit rate by day",
            summary: sentence { $0.totals.hitRate.map(Quantity.percent) ?? "no rate" },
            top: "100 %",
            style: "rate",
            bars: bars { sums in sums.totals.hitRate.map { ($0, Quantity.percent($0)) } }
        )
        let table = PageTable(
            caption: "Lookups and hit rate by day",
            columns: ["Day", "Lookups", "Hits", "Hit rate", "Time saved"],
            rows: statistics.days.map { group in
                [
                    group.value ?? "", "\(group.sums.totals.lookups)", "\(group.sums.totals.hits)",
                    group.sums.totals.hitRate.map(Quantity.percent) ?? "–",
                    Quantity.duration(group.sums.savedMilliseconds),
                ]
            }
        )
        return Self.section("rate", "Hit rate by day", "\(chart.html)\n\(table.folded)")
    }

    var savedSection: HTML {
        guard let most = days.compactMap({ $0.sums?.savedMilliseconds }).max(), most > 0 else { return .nothing }
        let chart = DayChart(
            name: "saved-chart",
            title: "Time saved by day",
            summary: sentence { Quantity.duration($0.savedMilliseconds) },
            top: Quantity.duration(most),
            style: "time",
            bars: bars { sums in
                (Double(sums.savedMilliseconds) / Double(most), Quantity.duration(sums.savedMilliseconds))
            }
        )
        let note: HTML = "<p class=\"note\">Against building; each day is in the table above.</p>"
        return Self.section("saved", "Time saved by day", "\(chart.html)\n\(note)")
    }

    var reasonSection: HTML {
        guard !statistics.reasons.isEmpty || !statistics.failures.isEmpty else { return .nothing }
        let most = Double(statistics.reasons.map(\.lookups).max() ?? 1)
        let list = BarList(
            items: statistics.reasons.map { count in
                BarList.Item(name: count.reason, amount: "\(count.lookups)", share: Double(count.lookups) / most)
            },
            style: "slow"
        )
        let table = PageTable(
            caption: "Lookups that were no hit or failed, by reason",
            columns: ["Reason", "Lookups"],
            rows: statistics.reasons.map { [$0.reason, "\($0.lookups)"] }
                + statistics.failures.map { ["failed: \($0.reason)", "\($0.lookups)"] }
        )
        return Self.section("reasons", "Misses by reason", "\(list.html)\n\(table.folded)")
    }

    var slowestSection: HTML {
        guard !statistics.slowestImages.isEmpty else { return .nothing }
        let average = statistics.slowestImages.map { $0.sums.averageBuildMilliseconds ?? 0 }
        let most = Double(max(1, average.max() ?? 1))
        let list = BarList(
            items: zip(statistics.slowestImages, average).map { group, milliseconds in
                BarList.Item(
                    name: group.value ?? "",
                    amount: Quantity.duration(milliseconds),
                    share: Double(milliseconds) / most
                )
            },
            style: "time"
        )
        let table = PageTable(
            caption: "Images whose builds take longest on average",
            columns: ["Image", "Builds", "Average", "Slowest"],
            rows: zip(statistics.slowestImages, average).map { group, milliseconds in
                [
                    group.value ?? "", "\(group.sums.builds)", Quantity.duration(milliseconds),
                    Quantity.duration(group.sums.slowestBuildMilliseconds),
                ]
            }
        )
        return Self.section("slowest", "Slowest images", "\(list.html)\n\(table.folded)")
    }

    var cacheSection: HTML {
        let cache = statistics.cache
        let images = Quantity.count(cache.entries, "image")
        guard let limit = cache.limitBytes, let share = cache.share else {
            return Self.section(
                "cache",
                "Size of the cache",
                "<p class=\"note\">\(images), \(Quantity.bytes(cache.bytes)). No limit was named.</p>"
            )
        }
        let taken = "\(Quantity.bytes(cache.bytes)) of \(Quantity.bytes(limit)) (\(Quantity.percent(share)))"
        let list = BarList(
            items: [BarList.Item(name: images, amount: taken, share: share)],
            style: share > 1 ? "slow" : "rate"
        )
        return Self.section("cache", "Size of the cache", list.html)
    }

    var numberSection: HTML {
        let table = PageTable(
            caption: "All counters",
            columns: ["Counter", "Value"],
            rows: Counter.all.map { [$0.title, $0.text(statistics.sums)] }
                + [["Hit rate", statistics.sums.totals.hitRate.map(Quantity.percent) ?? "–"]]
        )
        return Self.section("numbers", "All numbers", table.html)
    }

    /// The days of a chart without gaps between them; nil for a day without lookups.
    private var days: [(day: String, sums: EventSums?)] {
        let known = Dictionary(
            statistics.days.compactMap { group in
                group.value.flatMap(Timestamp.days).map { ($0, group.sums) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        guard let first = known.keys.min(), let last = known.keys.max() else { return [] }
        return (max(first, last - Self.shownDays + 1)...last).map { day in
            (Timestamp.dayText(day), known[day])
        }
    }

    private func bars(_ height: (EventSums) -> (Double, String)?) -> [DayChart.Bar] {
        days.map { day, sums in
            guard let (share, text) = sums.flatMap(height) else {
                return DayChart.Bar(day: day, label: day, height: nil)
            }
            return DayChart.Bar(day: day, label: "\(day): \(text)", height: share)
        }
    }

    /// What a chart shows, for who does not see it.
    private func sentence(_ text: (EventSums) -> String) -> String {
        let counted = days.compactMap { day, sums in sums.map { (day, $0) } }
        guard let first = counted.first, let last = counted.last else { return "No lookups." }
        return "\(counted.count) days with lookups: \(text(first.1)) on \(first.0), \(text(last.1)) on \(last.0). "
            + "Every day is in the table."
    }
}
