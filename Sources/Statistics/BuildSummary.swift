import Formatting
package import Store

/// The lookups of one build, as an annotation of it.
package struct BuildSummary: Equatable, Sendable {
    /// How Buildkite shows it.
    package enum Style: String, Sendable {
        case success
        case info
        case warning
        case error
    }

    /// Markdown.
    package let text: String
    package let style: Style

    /// The rest is only counted: an annotation has a limit, and no one reads that far.
    package static let shownLookups = 100

    /// - Parameter events: of the build, in their order; nil is the answer without any
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

    /// As it stands, whatever it is: nothing in a name may become Markdown, HTML, or the end of a cell.
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
