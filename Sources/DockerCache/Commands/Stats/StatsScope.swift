import Formatting
import Store

/// What was counted, for the head of a page.
enum StatsScope {
    /// Such as `Lookups of the image app from 2026-11-01T00:00:00Z`.
    static func text(_ filter: EventFilter) -> String {
        var parts: [String] = []
        if let image = filter.image { parts.append("of the image \(image)") }
        if let pipeline = filter.pipeline { parts.append("in the pipeline \(pipeline)") }
        if let branch = filter.branch { parts.append("on the branch \(branch)") }
        if let since = filter.since { parts.append("from \(Timestamp.text(since))") }
        if let until = filter.until { parts.append("to \(Timestamp.text(until))") }
        return parts.isEmpty ? "All lookups of this host" : "Lookups " + parts.joined(separator: " ")
    }
}
