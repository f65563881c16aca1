import Formatting
package import Store

/// Hit rates by day as a line of small bars, one for each day, the last day last. A day without a lookup is a gap.
package struct Sparkline: Equatable, Sendable {
    /// What the bars are made of, from the lowest to the highest.
    package enum Style: String, CaseIterable, Sendable {
        case unicode = "▁▂▃▄▅▆▇█"
        /// For a terminal that shows nothing else: the fuller the character, the higher.
        case ascii = "_.:-=+*#"

        /// What the terminal shows, by the variables that decide its locale.
        package init(environment: [String: String]) {
            // The first of them that is set decides (POSIX, environment variables, LC_ALL).
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            let name = (locale ?? "").lowercased()
            self = name.contains("utf-8") || name.contains("utf8") ? .unicode : .ascii
        }
    }

    /// The last days that fit into a line.
    package static let shownDays: Int64 = 30

    package let bars: String
    /// As `2026-11-01`.
    package let firstDay: String
    package let lastDay: String

    /// - Parameter days: sorted; nil if there are none
    package init?(_ days: [EventGroup], style: Style) {
        let rates = Dictionary(
            days.compactMap { group in
                group.value.flatMap(Timestamp.days).map { ($0, group.sums.totals.hitRate) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        guard let first = rates.keys.min(), let last = rates.keys.max() else { return nil }
        let shown = max(first, last - Self.shownDays + 1)...last
        bars = String(shown.map { day in (rates[day] ?? nil).map { Self.bar($0, style) } ?? " " })
        firstDay = Timestamp.dayText(shown.lowerBound)
        lastDay = Timestamp.dayText(last)
    }

    private static func bar(_ rate: Double, _ style: Style) -> Character {
        let levels = Array(style.rawValue)
        return levels[max(0, min(levels.count - 1, Int(rate * Double(levels.count))))]
    }
}
