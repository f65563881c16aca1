import Formatting

/// Sums over lookups. They come from the table `daily_totals`, which is updated as events are recorded, from the
/// condensed sums of old days (``EarlierTotals``), and from `events` where whole days are not enough.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct EventStatistics {
    private let database: Database

    /// How long each day's sums by image, pipeline and provider are kept, in milliseconds.
    package static let daysAge: Int64 = 90 * 86_400_000
    /// How long each day's sums without names are kept, in milliseconds.
    package static let earlierDaysAge: Int64 = 3 * 366 * 86_400_000

    package init(_ database: Database) {
        self.database = database
    }

    /// The sums of all lookups that match `filter`.
    package func sums(_ filter: EventFilter) throws -> EventSums {
        let source = EventSource(filter)
        return try rows("SELECT \(Self.sums) FROM (\(source.sql))", source) { try Self.sums($0, from: 0) }.first
            ?? EventSums()
    }

    /// The number of lookups by outcome over the last days, including the day of `time`.
    ///
    /// The last line of every lookup shows it, so it reads `daily_totals` alone. On a busy host, counting a week of
    /// events takes longer than all other index queries of a hit together.
    /// - Parameters:
    ///   - time: milliseconds since 1970
    ///   - pipeline: count only this pipeline's lookups; nil for all
    package func totals(ofDays days: Int64, upTo time: Int64, pipeline: String?) throws -> EventTotals {
        let sql = "SELECT \(Self.sums) FROM daily_totals WHERE day >= ?1 AND (?2 IS NULL OR pipeline = ?2)"
        let first = time / 86_400_000 - days + 1
        return try database.first(sql, first, pipeline) { try Self.sums($0, from: 0).totals } ?? EventTotals()
    }

    /// The sums for each value of `dimension`, sorted by it. Lookups without a value come first.
    ///
    /// Branches are counted from events, which takes longer and leaves out removed events.
    package func groups(by dimension: EventDimension, _ filter: EventFilter) throws -> [EventGroup] {
        let source = EventSource(filter, by: dimension)
        let sql = "SELECT \(dimension.rawValue), \(Self.sums) FROM (\(source.sql)) GROUP BY 1 ORDER BY 1"
        return try rows(sql, source) { row in
            let value: String? =
                switch dimension {
                case .day: Timestamp.dayText(try row.int64(0))
                case .image, .pipeline, .branch, .provider, .reason: try Self.optional(row, 0)
                }
            return EventGroup(value: value, sums: try Self.sums(row, from: 1))
        }
    }

    /// The day, in days since 1970, before which lookups of `filter` are no longer known by image, pipeline and
    /// provider; nil if all of them are.
    package func namesAreKnownSince(_ filter: EventFilter) throws -> Int64? {
        let days = WholeDays(since: filter.since, until: filter.until).days
        let known = try database.first("SELECT min(first_day), max(last_day) FROM earlier_series") { row in
            (first: try row.optionalInt64(0), last: try row.optionalInt64(1))
        }
        guard let first = known?.first, let last = known?.last else { return nil }
        let isAll = days.lowerBound <= first && last < days.upperBound
        let isNone = last < days.lowerBound || days.upperBound <= first
        return isAll || isNone ? nil : last + 1
    }

    /// Why lookups were not hits, most frequent reason first.
    package func reasons(_ filter: EventFilter) throws -> [ReasonCount] {
        try counts(of: "reason", filter)
    }

    /// Why lookups missed on each day, sorted by day and then by frequency, most frequent reason first. Bypassed
    /// lookups are not misses.
    package func missReasons(_ filter: EventFilter) throws -> [DayReason] {
        let source = EventSource(filter, by: .day)
        return try rows(
            """
            SELECT day, reason, sum(lookups) FROM (\(source.sql))
            WHERE reason <> '' AND outcome <> '\(Outcome.bypassed.rawValue)'
            GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
            """,
            source
        ) { row in
            DayReason(day: Timestamp.dayText(try row.int64(0)), reason: try row.text(1), lookups: try row.int64(2))
        }
    }

    /// What failed, most frequent failure first.
    package func failures(_ filter: EventFilter) throws -> [ReasonCount] {
        try counts(of: "failure", filter)
    }

    /// The sums for each combination of image, pipeline and provider, sorted by these.
    package func series(_ filter: EventFilter) throws -> [EventSeries] {
        let source = EventSource(filter, by: .image)
        let names = "image, pipeline, provider"
        var series = try rows(
            "SELECT \(names), \(Self.sums) FROM (\(source.sql)) GROUP BY \(names) ORDER BY \(names)",
            source
        ) { row in
            EventSeries(
                image: try row.text(0),
                pipeline: try Self.optional(row, 1),
                provider: try row.text(2),
                sums: try Self.sums(row, from: 3)
            )
        }
        let reasons = try rows(
            """
            SELECT \(names), reason, sum(lookups) FROM (\(source.sql)) WHERE reason <> ''
            GROUP BY \(names), reason ORDER BY \(names), reason
            """,
            source
        ) { row in
            (
                names: [try row.text(0), try row.text(1), try row.text(2)],
                count: ReasonCount(reason: try row.text(3), lookups: try row.int64(4))
            )
        }
        let grouped = Dictionary(grouping: reasons, by: \.names)
        for index in series.indices {
            let names = [series[index].image, series[index].pipeline ?? "", series[index].provider]
            series[index].reasons = grouped[names, default: []].map(\.count)
        }
        return series
    }

    /// Removes all lookups, and returns their number. Entries stay.
    ///
    /// The sums are removed at once, the events a few at a time (``Batches``).
    package func forgetAll(timing: Batches.Timing = .system) throws -> Int64 {
        let (count, last) = try database.immediateTransaction {
            let count = try database.first(
                """
                SELECT sum(lookups) FROM (
                    SELECT lookups FROM daily_totals UNION ALL SELECT lookups FROM earlier_series
                )
                """
            ) { try $0.optionalInt64(0) ?? 0 }
            for table in ["daily_totals", "earlier_series", "earlier_days"] { try database.run("DELETE FROM \(table)") }
            let last = try database.first("SELECT max(id) FROM events") { try $0.optionalInt64(0) }
            return (count ?? 0, last ?? nil)
        }
        guard let last else { return count }
        _ = try Batches(database, timing: timing).run(until: { false }) { limit in
            try database.run(
                "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= ?1 ORDER BY id LIMIT ?2)",
                last,
                limit
            )
            return database.changes
        }
        return count
    }

    private func counts(of column: String, _ filter: EventFilter) throws -> [ReasonCount] {
        let source = EventSource(filter)
        return try rows(
            """
            SELECT \(column), sum(lookups) FROM (\(source.sql)) WHERE \(column) <> ''
            GROUP BY 1 ORDER BY 2 DESC, 1
            """,
            source
        ) { row in ReasonCount(reason: try row.text(0), lookups: try row.int64(1)) }
    }

    private func rows<Value>(
        _ sql: String,
        _ source: EventSource,
        read: (Row) throws -> Value
    ) throws -> [Value] {
        try database.withStatement(sql) { statement in
            try statement.bind(source.values)
            var result: [Value] = []
            while try statement.step() { result.append(try read(statement.row)) }
            return result
        }
    }

    /// The columns that ``sums(_:from:)`` reads.
    private static let sums: String = {
        let counted = Outcome.allCases.map { "sum(iif(outcome = '\($0.rawValue)', lookups, 0))" }
        let hits = Outcome.allCases.filter(\.isHit).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let others = [
            "sum(iif(failure <> '', lookups, 0))", "sum(waited)", "sum(builds)", "sum(build_milliseconds)",
            "max(slowest_build_milliseconds)", "sum(saved_milliseconds)",
            "sum(iif(outcome = '\(Outcome.localHit.rawValue)', image_bytes, 0))",
            "sum(iif(outcome IN (\(hits)), image_bytes, 0))",
        ]
        return (counted + others).map { "coalesce(\($0), 0)" }.joined(separator: ", ")
    }()

    private static func sums(_ row: Row, from first: Int32) throws -> EventSums {
        var totals = EventTotals()
        var column = first
        for outcome in Outcome.allCases {
            totals[outcome] = try row.int64(column)
            column += 1
        }
        totals.failures = try row.int64(column)
        return EventSums(
            totals: totals,
            waited: try row.int64(column + 1),
            builds: try row.int64(column + 2),
            buildMilliseconds: try row.int64(column + 3),
            slowestBuildMilliseconds: try row.int64(column + 4),
            savedMilliseconds: try row.int64(column + 5),
            bytesNotPulled: try row.int64(column + 6),
            bytesNotBuilt: try row.int64(column + 7)
        )
    }

    /// Nil for an empty string, which the tables of sums use because their primary keys cannot contain NULL.
    private static func optional(_ row: Row, _ column: Int32) throws -> String? {
        let text = try row.text(column)
        return text.isEmpty ? nil : text
    }
}

/// The number of lookups with one reason or one failure.
package struct ReasonCount: Equatable, Sendable {
    /// Such as `new-key` or `build-failed`.
    package var reason: String
    package var lookups: Int64

    package init(reason: String, lookups: Int64) {
        self.reason = reason
        self.lookups = lookups
    }
}

/// The number of lookups of a day that missed for one reason.
package struct DayReason: Equatable, Sendable {
    /// In the form `2026-11-01`.
    package var day: String
    /// Such as `new-key`.
    package var reason: String
    package var lookups: Int64

    package init(day: String, reason: String, lookups: Int64) {
        self.day = day
        self.reason = reason
        self.lookups = lookups
    }
}

/// The sums of the lookups of one image in one pipeline with one provider.
package struct EventSeries: Equatable, Sendable {
    package var image: String
    /// Nil outside a pipeline.
    package var pipeline: String?
    package var provider: String
    package var sums: EventSums
    /// The number of lookups for each reason why they were not hits, sorted by reason.
    package var reasons: [ReasonCount]

    package init(image: String, pipeline: String?, provider: String, sums: EventSums, reasons: [ReasonCount] = []) {
        self.image = image
        self.pipeline = pipeline
        self.provider = provider
        self.sums = sums
        self.reasons = reasons
    }
}

/// A property by which lookups can be grouped.
package enum EventDimension: String, CaseIterable, Sendable {
    case image
    case pipeline
    case branch
    case provider
    /// Why the lookup was not a hit.
    case reason
    /// The day (UTC) on which the lookup ended, in the form `2026-11-01`.
    case day
}

/// The sums of the lookups with one value of a dimension.
package struct EventGroup: Equatable, Sendable {
    /// The value, such as an image's name; nil for lookups without one, such as those outside a pipeline.
    package var value: String?
    package var sums: EventSums

    package init(value: String?, sums: EventSums) {
        self.value = value
        self.sums = sums
    }
}
