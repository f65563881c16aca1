import FoundationEssentials

/// Points in time as text, UTC: as labels and image configurations have them (RFC 3339), as days, and in names of
/// files.
package enum Timestamp {
    /// Milliseconds since 1970 by the clock of this machine, which may be far off: it is brought into the years 1 to
    /// 9999.
    package static var now: Int64 {
        let milliseconds = (Date().timeIntervalSince1970 * 1000).rounded(.down)
        return Int64(min(max(milliseconds, Double(earliest)), Double(latest)))
    }

    /// The beginning of the year 1, and the end of the year 9999: what RFC 3339 can say.
    private static let earliest: Int64 = -62_135_596_800_000
    private static let latest: Int64 = 253_402_300_799_000

    private static func within(_ milliseconds: Int64) -> Int64 { min(max(milliseconds, earliest), latest) }

    /// Milliseconds since 1970 of a text such as `2026-11-23T18:00:00.123456789Z`. Fractions are dropped. Nil if it is
    /// not of that form.
    package static func milliseconds(_ text: String) -> Int64? {
        var text = text
        if let point = text.firstIndex(of: ".") {
            let end = text[text.index(after: point)...].firstIndex { !$0.isNumber } ?? text.endIndex
            text.removeSubrange(point..<end)
        }
        // Not of that form is an answer here; nothing is lost with the reason.
        guard let date = try? Date.ISO8601FormatStyle().parse(text) else { return nil }
        return Int64(date.timeIntervalSince1970 * 1000)
    }

    /// The text for a time in milliseconds since 1970, to the second.
    package static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(within(milliseconds) / 1000)).formatted(.iso8601)
    }

    /// The text for a time in milliseconds since 1970, to the second, with nothing in it that a name of a file may not
    /// have: `20261123T184500Z`.
    package static func compactText(_ milliseconds: Int64) -> String {
        let seconds = (Double(within(milliseconds)) / 1000).rounded(.down)
        return Date(timeIntervalSince1970: seconds)
            .formatted(Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    }

    private static let dayStyle = Date.ISO8601FormatStyle().year().month().day()

    /// The day that lies `days` days after 1 January 1970, as `2026-11-01`.
    package static func dayText(_ days: Int64) -> String {
        let days = min(max(days, earliest / 86_400_000), latest / 86_400_000)
        return Date(timeIntervalSince1970: Double(days) * 86_400).formatted(dayStyle)
    }

    /// Days since 1 January 1970 of a text such as `2026-11-01`. Nil if it is not of that form, or no day.
    package static func days(_ text: String) -> Int64? {
        guard let date = try? dayStyle.parse(text) else { return nil }
        let days = Int64((date.timeIntervalSince1970 / 86_400).rounded(.down))
        // What comes back as something else, such as 30 February, was no day.
        return dayText(days) == text ? days : nil
    }
}

extension Duration {
    /// Rounded down.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
