/// Counts and removes rows of the index that are no longer useful.
///
/// Each kind is a table and a condition. Counting and removing share them, so that the announced rows are the removed
/// ones. SQLite failures are thrown as ``SQLiteError``.
package struct Housekeeping {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// A kind of row that is removed by age alone.
    package enum Kind: String, CaseIterable, Sendable {
        /// Events from before a time.
        case events
        /// Whole days of `daily_totals` from before a time. They are added to the sums of earlier days.
        case dailyTotals = "daily totals"
        /// Sums of days without names, from before a time.
        case earlierDays = "totals of earlier days"
        /// Key records that no lookup has met since a time.
        case explanations
        /// Facts about base images, if learned before a time.
        case baseImages = "base images"
        /// Known contents of URLs that Dockerfiles add, if learned before a time.
        case remoteSources = "remote sources"
        /// Logins that ended before a time.
        case logins
        /// Answers of provider tools that ended before a time.
        case providerAnswers = "provider answers"

        /// Whether the rows are history, which cannot be derived again.
        package var isHistory: Bool {
            switch self {
            case .events, .dailyTotals, .earlierDays, .explanations: true
            case .baseImages, .remoteSources, .logins, .providerAnswers: false
            }
        }

        private var table: String {
            switch self {
            case .events: "events"
            case .dailyTotals: "daily_totals"
            case .earlierDays: "earlier_days"
            case .explanations: "key_records"
            case .baseImages: "base_images"
            case .remoteSources: "remote_sources"
            case .logins: "logins"
            case .providerAnswers: "provider_answers"
            }
        }

        /// The columns that identify a row.
        private var key: String {
            switch self {
            case .events, .explanations: "id"
            case .dailyTotals: "day, image, pipeline, provider, outcome, reason, failure"
            case .earlierDays: "day, outcome, reason, failure"
            case .baseImages: "reference, platform"
            case .remoteSources: "source"
            case .logins: "host, configuration"
            case .providerAnswers: "question"
            }
        }

        /// The condition for the rows to remove; `?1` is the time.
        var condition: String {
            switch self {
            case .events: "at < ?1"
            // Days before 1970 come from a wrong clock, and are in no sum.
            case .dailyTotals, .earlierDays: "day >= 0 AND day < ?1 / \(EarlierTotals.dayMilliseconds)"
            case .explanations: "seen_at < ?1"
            case .baseImages, .remoteSources: "learned_at < ?1"
            case .logins, .providerAnswers: "ends_at < ?1"
            }
        }

        fileprivate var rows: String { "\(table) WHERE \(condition)" }

        /// A statement that removes at most `?2` of these rows.
        fileprivate var removal: String {
            "DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(rows) LIMIT ?2)"
        }
    }

    /// The time from which the age of history is measured: `now`, but at most two days after the beginning of the last
    /// day before today with lookups. So a clock that is far ahead does not make everything old at once. The history of
    /// an index that was unused for long is removed from the second day on that it is used.
    ///
    /// - Parameter now: milliseconds since 1970
    package func reference(now: Int64) throws -> Int64 {
        let length = EarlierTotals.dayMilliseconds
        let today = now / length
        let sql = "SELECT max(day) FROM daily_totals WHERE day < ?1"
        guard let last = try database.first(sql, today, read: { row in try row.optionalInt64(0) }) ?? nil else {
            return now
        }
        return last < today - 2 ? max(0, last + 2) * length : now
    }

    /// The number of rows from before `time`, in milliseconds since 1970.
    package func count(_ kind: Kind, before time: Int64) throws -> Int64 {
        try database.first("SELECT count(*) FROM \(kind.rows)", time) { row in try row.int64(0) } ?? 0
    }

    /// Removes the rows from before `time`, in milliseconds since 1970, a few at a time (``Batches``). Daily totals are
    /// added to the sums of earlier days.
    package func remove(
        _ kind: Kind,
        before time: Int64,
        timing: Batches.Timing = .system,
        until isTimeUp: () -> Bool = { false }
    ) throws -> Batches.Result {
        if kind == .dailyTotals {
            return try EarlierTotals(database).takeDays(
                before: time / EarlierTotals.dayMilliseconds,
                timing: timing,
                until: isTimeUp
            )
        }
        return try Batches(database, timing: timing).run(until: isTimeUp) { limit in
            try database.run(kind.removal, time, limit)
            return database.changes
        }
    }
}
