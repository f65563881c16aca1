/// A filter for the lookups to count.
package struct EventFilter: Equatable, Sendable {
    /// Lookups that ended at this time or later, in milliseconds since 1970; nil for no lower bound.
    package var since: Int64?
    /// Lookups that ended before this time, in milliseconds since 1970; nil for no upper bound.
    package var until: Int64?
    /// Lookups of the image with this name; nil for all images.
    package var image: String?
    package var pipeline: String?
    package var branch: String?

    package init(
        since: Int64? = nil,
        until: Int64? = nil,
        image: String? = nil,
        pipeline: String? = nil,
        branch: String? = nil
    ) {
        self.since = since
        self.until = until
        self.image = image
        self.pipeline = pipeline
        self.branch = branch
    }

    /// A copy that extends bounds before `time` (milliseconds since 1970) to whole days. Parts of days are counted from
    /// events, and the events before `time` are gone or soon will be.
    package func inWholeDays(before time: Int64) -> EventFilter {
        let day: Int64 = 86_400_000
        var filter = self
        if let since, since < time { filter.since = max(0, since) / day * day }
        if let until, until > 0, until < time, until % day != 0 { filter.until = (until / day + 1) * day }
        return filter
    }
}
