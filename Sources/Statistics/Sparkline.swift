import Formatting
package import Store

/// Hit rates by day as a line of small bars, oldest day first. A day without a lookup is a gap.
package struct Sparkline: Equatable, Sendable {
    /// The characters of the bars, from lowest to highest.
    package enum Style: String, CaseIterable, Sendable {
        case unicode = "▁▂▃▄▅▆▇█"
        /// For a terminal without UTF-8: the denser the character, the higher the rate.
        case ascii = "_.:-=+*#"

        /// The style that the terminal can show, according to the variables that determine its locale.
        package init(environment: [String: String]) {
            // The first variable that is set decides (POSIX, environment variables, LC_ALL).
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            let name = (locale ?? "").lowercased()
            self = name.contains("utf-8") || name.contains("utf8") ? .unicode : .ascii
        }
    }

    /// The maximum number of days in a line.
    package static let shownDays: Int64 = 30

    package let bars: String
    /// In the form `2026-11-01`.
    package let firstDay: String
    package let lastDay: String

    /// Nil if there are no days.
    ///
    /// - Parameter days: sorted
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
