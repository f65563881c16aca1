import Formatting
import Store

/// The charts with a column for each day.
extension StatisticsPage {
    /// The maximum number of reasons with a separate colour. The rest share one.
    static let shownReasons = 4

    var rateSection: HTML {
        guard !days.isEmpty else {
            return Self.section("rate", "Hit rate by day", "<p class=\"note\">No lookups.</p>")
        }
        let reasons = shownReasonNames
        let others = statistics.missReasons.contains { !reasons.contains($0.reason) }
        let styles: [HTML] = ["miss-1", "miss-2", "miss-3", "miss-4"]
        let keys =
            [DayChart.Key(style: "hit", text: "hit")]
            + zip(styles, reasons).map { DayChart.Key(style: $0, text: $1) }
            + (others ? [DayChart.Key(style: "miss-other", text: "other")] : [])
        let chart = DayChart(
            name: "rate-chart",
            title: "Share of the lookups that hit, and of misses by reason",
            summary: sentence { $0.totals.hitRate.map(Quantity.percent) ?? "no rate" },
            top: "100%",
            columns: days.map { day, sums in rateColumn(day, sums, reasons, styles) },
            keys: keys
        )
        let table = PageTable(
            caption: "Lookups and hit rate by day",
            columns: ["Day", "Lookups", "Hits", "Hit rate", "Time saved", "Misses by reason"],
            rows: statistics.days.map { group in
                [
                    group.value ?? "", "\(group.sums.totals.lookups)", "\(group.sums.totals.hits)",
                    group.sums.totals.hitRate.map(Quantity.percent) ?? "–",
                    Quantity.duration(group.sums.savedMilliseconds),
                    Self.text(missReasons[group.value ?? "", default: []]),
                ]
            }
        )
        return Self.section("rate", "Hit rate by day", "\(chart.html)\n\(table.folded)")
    }

    var savedSection: HTML {
        guard let most = days.compactMap({ $0.sums?.savedMilliseconds }).max(), most > 0 else { return .nothing }
        let chart = DayChart(
            name: "saved-chart",
            title: "Time saved by hits",
            summary: sentence { Quantity.duration($0.savedMilliseconds) },
            top: Quantity.duration(most),
            columns: days.map { day, sums in
                guard let sums else { return DayChart.Column(day: day, label: "\(day): no lookups", parts: []) }
                return DayChart.Column(
                    day: day,
                    label: "\(day): \(Quantity.duration(sums.savedMilliseconds))",
                    parts: [DayChart.Part(style: "time", share: Double(sums.savedMilliseconds) / Double(most))]
                )
            },
            keys: []
        )
        let note: HTML = "<p class=\"note\">Each day is in the table above.</p>"
        return Self.section("saved", "Time saved by day", "\(chart.html)\n\(note)")
    }

    private func rateColumn(
        _ day: String,
        _ sums: EventSums?,
        _ reasons: [String],
        _ styles: [HTML]
    ) -> DayChart.Column {
        guard let sums, let rate = sums.totals.hitRate else {
            let label = sums == nil ? "no lookups" : "no lookup asked for an image"
            return DayChart.Column(day: day, label: "\(day): \(label)", parts: [])
        }
        let found = missReasons[day, default: []]
        let asked = Double(sums.totals.lookups - sums.totals[.bypassed])
        let shares = reasons.map { reason in
            Double(found.filter { $0.reason == reason }.map(\.lookups).reduce(0, +)) / asked
        }
        // Misses for the remaining reasons, and misses without a reason.
        let rest = max(0, 1 - rate - shares.reduce(0, +))
        let text = found.isEmpty ? "" : "; \(Self.text(found))"
        return DayChart.Column(
            day: day,
            label: "\(day): \(Quantity.percent(rate)) of \(Int64(asked)) hit\(text)",
            parts: [DayChart.Part(style: "hit", share: rate)]
                + zip(styles, shares).map { DayChart.Part(style: $0, share: $1) }
                + [DayChart.Part(style: "miss-other", share: rest < 0.0005 ? 0 : rest)]
        )
    }

    /// The most frequent reasons for misses.
    private var shownReasonNames: [String] {
        let sums = Dictionary(statistics.missReasons.map { ($0.reason, $0.lookups) }, uniquingKeysWith: +)
        let sorted = sums.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
        return sorted.prefix(Self.shownReasons).map(\.key)
    }

    private var missReasons: [String: [DayReason]] { Dictionary(grouping: statistics.missReasons, by: \.day) }

    private static func text(_ reasons: [DayReason]) -> String {
        reasons.map { "\($0.reason) \($0.lookups)" }.joined(separator: ", ")
    }

    /// The days of a chart without gaps between them; `sums` is nil for a day without lookups.
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

    /// A sentence that summarizes a chart.
    private func sentence(_ text: (EventSums) -> String) -> String {
        let counted = days.compactMap { day, sums in sums.map { (day, $0) } }
        guard let first = counted.first, let last = counted.last else { return "No lookups." }
        guard counted.count > 1 else { return "\(text(first.1)) on \(first.0)." }
        return "\(counted.count) days with lookups: \(text(first.1)) on \(first.0), \(text(last.1)) on \(last.0)."
    }
}
