/// What lookups can be grouped by.
package enum EventDimension: String, CaseIterable, Sendable {
    case image
    case pipeline
    case branch
    case provider
    /// Why it was no hit.
    case reason
    /// The day on which it ended, UTC, as `2026-11-01`.
    case day
}
