import FoundationEssentials

/// Formats and parses points in time, in UTC: as in labels and image configurations (RFC 3339), as days, and for file
/// names.
package enum Timestamp {
    /// Milliseconds since 1970 by this machine's clock. It may be far off, so the result is limited to the years 1 to
    /// 9999.
    package static var now: Int64 {
        let milliseconds = (Date().timeIntervalSince1970 * 1000).rounded(.down)
        return Int64(min(max(milliseconds, Double(earliest)), Double(latest)))
    }

    /// The beginning of the year 1, and the end of the year 9999: the range of RFC 3339.
    private static let earliest: Int64 = -62_135_596_800_000
    private static let latest: Int64 = 253_402_300_799_000

    private static func within(_ milliseconds: Int64) -> Int64 { min(max(milliseconds, earliest), latest) }

    /// Milliseconds since 1970 for a string such as `2026-11-23T18:00:00.123456789Z`. Fractions are dropped. Nil if it
    /// has another form.
    package static func milliseconds(_ text: String) -> Int64? {
        var text = text
        if let point = text.firstIndex(of: ".") {
            let end = text[text.index(after: point)...].firstIndex { !$0.isNumber } ?? text.endIndex
            text.removeSubrange(point..<end)
        }
        // Another form is a valid result here; the reason is not needed.
        guard let date = try? Date.ISO8601FormatStyle().parse(text) else { return nil }
        return Int64(date.timeIntervalSince1970 * 1000)
    }

    /// Formats a time in milliseconds since 1970, to the second.
    package static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(within(milliseconds) / 1000)).formatted(.iso8601)
    }

    /// Formats a time in milliseconds since 1970, to the second, with characters that file names allow:
    /// `20261123T184500Z`.
    package static func compactText(_ milliseconds: Int64) -> String {
        let seconds = (Double(within(milliseconds)) / 1000).rounded(.down)
        return Date(timeIntervalSince1970: seconds)
            .formatted(Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    }

    private static let dayStyle = Date.ISO8601FormatStyle().year().month().day()

    /// The day that is `days` days after 1 January 1970, as `2026-11-01`.
    package static func dayText(_ days: Int64) -> String {
        let days = min(max(days, earliest / 86_400_000), latest / 86_400_000)
        return Date(timeIntervalSince1970: Double(days) * 86_400).formatted(dayStyle)
    }

    /// Days since 1 January 1970 for a string such as `2026-11-01`. Nil if it has another form, or is not a day.
    package static func days(_ text: String) -> Int64? {
        guard let date = try? dayStyle.parse(text) else { return nil }
        let days = Int64((date.timeIntervalSince1970 / 86_400).rounded(.down))
        // If the formatted result differs, the day does not exist, such as 30 February.
        return dayText(days) == text ? days : nil
    }
}

extension Duration {
    /// The duration in milliseconds, rounded down.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
