import FoundationEssentials

/// Points in time as labels and image configurations have them: RFC 3339 text.
package enum Timestamp {
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
        Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
    }
}
