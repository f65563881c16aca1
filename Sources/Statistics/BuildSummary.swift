import Formatting
package import Store

/// A summary of one build's lookups, for an annotation of the build.
package struct BuildSummary: Equatable, Sendable {
    /// The style of the annotation in Buildkite.
    package enum Style: String, Sendable {
        case success
        case info
        case warning
        case error
    }

    /// Markdown.
    package let text: String
    package let style: Style

    /// The maximum number of lookups shown. The rest is only counted: an annotation has a size limit, and a longer list
    /// would not be read.
    package static let shownLookups = 100

    /// Nil if there are no events.
    ///
    /// - Parameter events: the build's events, in order
    package init?(_ events: [Event]) {
        guard !events.isEmpty else { return nil }
        let hits = events.count(where: \.outcome.isHit)
        let saved = events.reduce(Int64(0)) { $0 + ($1.savedMilliseconds ?? 0) }
        var title = "**docker-cache:** \(hits) of \(Quantity.count(events.count, "lookup")) hit"
        if saved > 0 { title += ", about \(Quantity.duration(saved)) saved" }
        var lines = [title, "", "| Image | Step | Outcome | Took | Saved |", "|---|---|---|---:|---:|"]
        lines += events.prefix(Self.shownLookups).map { event in
            let cells = [
                Self.escaped(event.image), Self.escaped(event.step ?? ""), Self.outcome(of: event),
                event.milliseconds.total.map(Quantity.duration) ?? "",
                event.savedMilliseconds.map(Quantity.duration) ?? "",
            ]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        if events.count > Self.shownLookups { lines += ["", "And \(events.count - Self.shownLookups) more."] }
        text = lines.joined(separator: "\n") + "\n"
        style = Self.style(of: events)
    }

    private static func style(of events: [Event]) -> Style {
        if events.contains(where: { $0.failure != nil }) { return .error }
        if events.contains(where: { $0.reason?.isTrouble == true }) { return .warning }
        return events.allSatisfy(\.outcome.isHit) ? .success : .info
    }

    private static func outcome(of event: Event) -> String {
        var text = event.outcome.words
        if let reason = event.reason { text += " (\(escaped(reason.rawValue)))" }
        if let failure = event.failure { text += ", failed: \(escaped(failure.rawValue))" }
        return text
    }

    /// Escapes `text` so that it is shown literally. Nothing in a name may become Markdown, HTML, or the end of a cell.
    static func escaped(_ text: String) -> String {
        PlainText.escaped(text).unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "~", "#", "!", ":", "@": "&#\(scalar.value);"
            default: String(scalar)
            }
        }.joined()
    }
}
