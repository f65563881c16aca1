/// A subquery that selects the lookups of a filter. Each row represents one or more lookups.
///
/// Whole days are read from `daily_totals`. Only the partial days before and after them are counted from events, so an
/// exact span costs at most a day's events at each end. Only events have a branch. Days that are no longer in
/// `daily_totals` are kept in two forms: sums by name over all of these days, and sums by day without names.
struct EventSource {
    /// Columns: `day`, `image`, `pipeline`, `branch`, `provider`, `outcome`, `reason`,
    /// `failure` and the amounts.
    let sql: String
    /// The values of its parameters.
    let values: [(any SQLiteBindable)?]

    /// - Parameter dimension: what the lookups are grouped by, besides outcome, reason and failure
    init(_ filter: EventFilter, by dimension: EventDimension? = nil) {
        guard dimension != .branch, filter.branch == nil else {
            sql = """
                \(Self.events)
                WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR image = ?3) AND (?4 IS NULL OR pipeline = ?4)
                    AND (?5 IS NULL OR branch = ?5)
                """
            values = [filter.since ?? .min, filter.until ?? .max, filter.image, filter.pipeline, filter.branch]
            return
        }
        let span = WholeDays(since: filter.since, until: filter.until)
        let condition = "(?1 IS NULL OR image = ?1) AND (?2 IS NULL OR pipeline = ?2)"
        let parts = [
            "SELECT \(Self.columns) FROM daily_totals WHERE day >= ?3 AND day < ?4 AND \(condition)",
            "\(Self.events) WHERE at >= ?5 AND at < ?6 AND \(condition)",
            "\(Self.events) WHERE at >= ?7 AND at < ?8 AND \(condition)",
        ]
        sql = (parts + Self.earlier(filter, dimension, condition)).joined(separator: "\nUNION ALL\n")
        values = [
            filter.image, filter.pipeline, span.days.lowerBound, span.days.upperBound, span.before.lowerBound,
            span.before.upperBound, span.after.lowerBound, span.after.upperBound,
        ]
    }

    /// Subqueries for the days that are no longer in `daily_totals`. If the span covers all of them, `earlier_series`
    /// has their sums by name. Otherwise, and for sums by day, `earlier_days` has the sums of the span's days, without
    /// names. No table has sums by both day and name.
    private static func earlier(_ filter: EventFilter, _ dimension: EventDimension?, _ condition: String) -> [String] {
        let isNamed =
            switch dimension {
            case .image, .pipeline, .branch, .provider: true
            case .reason, .day, nil: filter.image != nil || filter.pipeline != nil
            }
        let hasAll = "(SELECT min(first_day) >= ?3 AND max(last_day) < ?4 FROM earlier_series)"
        let series = """
            SELECT \(columns.replacing("day", with: "0 AS day")) FROM earlier_series
            WHERE \(hasAll) IS TRUE AND \(condition)
            """
        let names = "'' AS image, '' AS pipeline, '' AS branch, '' AS provider"
        let days = """
            SELECT \(columns.replacing(Self.names, with: names)) FROM earlier_days
            WHERE day >= ?3 AND day < ?4
            """
        return switch (isNamed, dimension) {
        case (true, .day): []
        case (true, _): [series]
        case (false, .day): [days]
        case (false, _): [series, "\(days) AND \(hasAll) IS NOT TRUE"]
        }
    }

    private static let names = "image, pipeline, '' AS branch, provider"
    private static let columns = """
        day, \(names), outcome, reason, failure, lookups, waited, builds, build_milliseconds,
        slowest_build_milliseconds, saved_milliseconds, image_bytes
        """

    private static let events = """
        SELECT
            day, image, pipeline, branch, provider, outcome, reason, failure, lookups, waited,
            builds, build_milliseconds, build_milliseconds AS slowest_build_milliseconds, saved_milliseconds,
            image_bytes
        FROM event_amounts
        """
}

/// A time span as whole days (UTC), with the remainders before and after them.
struct WholeDays: Equatable {
    /// Days since 1970.
    let days: Range<Int64>
    /// Milliseconds since 1970.
    let before: Range<Int64>
    /// Milliseconds since 1970.
    let after: Range<Int64>

    private static let day: Int64 = 86_400_000

    /// - Parameters:
    ///   - since: milliseconds since 1970; nil for no beginning
    ///   - until: milliseconds since 1970, exclusive; nil for no end
    init(since: Int64?, until: Int64?) {
        let start = max(0, since ?? 0)
        let end = max(start, until ?? .max)
        let first = start / Self.day + (start % Self.day == 0 ? 0 : 1)
        let last = end / Self.day
        if first <= last {
            days = first..<last
            before = start..<(first * Self.day)
            after = (last * Self.day)..<end
        } else {
            days = last..<last
            before = start..<end
            after = end..<end
        }
    }
}
