/// What the index holds that is of no more use: how much there is of it, and its removal.
///
/// Each kind is a table and a condition, written once for counting and for removing, so that what is announced is what
/// is done. What SQLite refuses is thrown as a ``SQLiteError``.
package struct Housekeeping {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Rows that go by their age alone.
    package enum Kind: String, CaseIterable, Sendable {
        /// Events from before a time.
        case events
        /// Whole days of `daily_totals` from before a time: they are summed up with those before them.
        case dailyTotals = "daily totals"
        /// Days that were summed up without names, from before a time.
        case earlierDays = "totals of earlier days"
        /// What keys were made of, if no lookup has met them since a time.
        case explanations
        /// What base images say, if it was learned before a time.
        case baseImages = "base images"
        /// What lay at the addresses that Dockerfiles add, if it was learned before a time.
        case remoteSources = "remote sources"
        /// Logins that have ended by a time.
        case logins
        /// Answers of providers' tools that have ended by a time.
        case providerAnswers = "provider answers"

        /// Whether it is a record of what was, which nothing can bring back.
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

        /// What tells its rows apart.
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

        /// Which of its rows; `?1` is the time.
        var condition: String {
            switch self {
            case .events: "at < ?1"
            // Days before 1970, from when a clock was wrong, are in no sum.
            case .dailyTotals, .earlierDays: "day >= 0 AND day < ?1 / \(EarlierTotals.dayMilliseconds)"
            case .explanations: "seen_at < ?1"
            case .baseImages, .remoteSources: "learned_at < ?1"
            case .logins, .providerAnswers: "ends_at < ?1"
            }
        }

        fileprivate var rows: String { "\(table) WHERE \(condition)" }

        /// Removes some of them; `?2` is how many.
        fileprivate var removal: String {
            "DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) FROM \(rows) LIMIT ?2)"
        }
    }

    /// The time from which the ages of history are counted: `now`, but no later than two days after the beginning of
    /// the last day before today on which there were lookups. So a clock that is far ahead makes nothing old at once,
    /// and the history of an index that was not used for long is removed from its second day on.
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

    /// How many rows there are from before `time`, in milliseconds since 1970.
    package func count(_ kind: Kind, before time: Int64) throws -> Int64 {
        try database.first("SELECT count(*) FROM \(kind.rows)", time) { row in try row.int64(0) } ?? 0
    }

    /// Removes the rows from before `time`, in milliseconds since 1970, a few at a time (``Batches``). Daily totals are
    /// summed up with those of earlier days.
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
