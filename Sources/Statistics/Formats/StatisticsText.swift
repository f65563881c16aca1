import Formatting
import Store

/// Statistics for users at a terminal.
struct StatisticsText {
    let statistics: Statistics
    let bars: Sparkline.Style

    init(_ statistics: Statistics, bars: Sparkline.Style) {
        self.statistics = statistics
        self.bars = bars
    }

    var text: String {
        if let grouping = statistics.grouping { return Self.text([table(of: grouping)]) }
        let sections = [summary, reasons, failures, slowestImages, cache]
        return Self.text(sections.filter { !$0.isEmpty })
    }

    private static func text(_ sections: [[String]]) -> String {
        sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private var summary: [String] {
        let sums = statistics.sums
        var rows = statistics.hosts == 1 ? [] : [["Hosts", "\(statistics.hosts)"]]
        rows += Counter.all.map { [($0.isPart ? "  " : "") + $0.title, $0.text(sums)] }
        rows.append(["Hit rate", sums.totals.hitRate.map(Quantity.percent) ?? "no lookups yet"])
        var lines = Self.leftAligned(rows)
        if let line = Sparkline(statistics.days, style: bars) {
            lines += Self.leftAligned([["By day", "\(line.bars)  \(line.firstDay) to \(line.lastDay)"]])
        }
        return lines
    }

    /// Names and their values, in two columns.
    private static func leftAligned(_ rows: [[String]]) -> [String] {
        let width = 12
        return rows.map { row in
            row[0] + String(repeating: " ", count: max(1, width - row[0].count)) + row[1]
        }
    }

    private var reasons: [String] { list("Reasons for no hit", statistics.reasons) }

    private var failures: [String] { list("Reasons for failure", statistics.failures) }

    private func list(_ title: String, _ counts: [ReasonCount]) -> [String] {
        guard !counts.isEmpty else { return [] }
        return [title] + PlainText.columns(counts.map { ["  " + PlainText.escaped($0.reason), "\($0.lookups)"] })
    }

    private var slowestImages: [String] {
        guard !statistics.slowestImages.isEmpty else { return [] }
        let rows = statistics.slowestImages.map { group in
            [
                "  " + Self.name(group.value), "\(group.sums.builds)",
                Quantity.duration(group.sums.averageBuildMilliseconds ?? 0),
                Quantity.duration(group.sums.slowestBuildMilliseconds),
            ]
        }
        return Array(PlainText.columns([["Slowest images", "Builds", "Average", "Slowest"]] + rows))
    }

    private var cache: [String] {
        let cache = statistics.cache
        var line = "\(Quantity.count(cache.entries, "image")), \(Quantity.bytes(cache.bytes))"
        if let limit = cache.limitBytes, let share = cache.share {
            line += " of \(Quantity.bytes(limit)) (\(Quantity.percent(share)))"
        }
        return Self.leftAligned([["Cache", line]])
    }

    private func table(of grouping: Statistics.Grouping) -> [String] {
        let head = [
            grouping.dimension.title, "Lookups", "Hits", "Misses", "Expired", "Bypassed", "Failed",
            "Hit rate", "Time saved",
        ]
        let rows = grouping.groups.map { group in
            let totals = group.sums.totals
            return [
                Self.name(group.value), "\(totals.lookups)", "\(totals.hits)", "\(totals[.miss])",
                "\(totals[.expired])", "\(totals[.bypassed])", "\(totals.failures)",
                totals.hitRate.map(Quantity.percent) ?? "-", Quantity.duration(group.sums.savedMilliseconds),
            ]
        }
        return Array(PlainText.columns([head] + rows))
    }

    private static func name(_ value: String?) -> String {
        value.map(PlainText.escaped) ?? "(none)"
    }
}

/// Statistics as comma-separated values (RFC 4180): a line for each group, or one for all lookups.
struct StatisticsTable {
    let statistics: Statistics

    init(_ statistics: Statistics) {
        self.statistics = statistics
    }

    var text: String {
        let numbers = Counter.all.map(\.name) + ["hit_rate"]
        var rows: [[String]]
        if let grouping = statistics.grouping {
            rows = [[grouping.dimension.rawValue] + numbers]
            rows += grouping.groups.map { [$0.value ?? ""] + Self.numbers($0.sums) }
        } else {
            rows = [numbers, Self.numbers(statistics.sums)]
        }
        return rows.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func numbers(_ sums: EventSums) -> [String] {
        Counter.all.map { "\($0.value(sums))" } + [sums.totals.hitRate.map { "\($0)" } ?? ""]
    }

    /// Quotes a value that contains a quotation mark, a comma or a line break.
    static func field(_ text: String) -> String {
        // Scalars, because Swift treats a quotation mark with a combining accent as a different character.
        let special: [Unicode.Scalar] = ["\"", ",", "\r", "\n"]
        guard text.unicodeScalars.contains(where: special.contains) else { return text }
        return "\"" + text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
