import Store

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

    /// In quotation marks where it holds anything that a reader could take for more than a text.
    static func field(_ text: String) -> String {
        // Scalars, because Swift takes a quotation mark with an accent on it for another character.
        let special: [Unicode.Scalar] = ["\"", ",", "\r", "\n"]
        guard text.unicodeScalars.contains(where: special.contains) else { return text }
        return "\"" + text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
