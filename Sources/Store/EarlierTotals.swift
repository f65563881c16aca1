/// The tables `earlier_days` and `earlier_series`: condensed sums of the old days of `daily_totals`.
///
/// SQLite failures are thrown as ``SQLiteError``.
struct EarlierTotals {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// How many combinations of image, pipeline and provider keep their names.
    static let mostSeries: Int64 = 5_000

    private static let amounts = """
        lookups, waited, builds, build_milliseconds, slowest_build_milliseconds, saved_milliseconds, image_bytes
        """
    private static let sums = """
        sum(lookups), sum(waited), sum(builds), sum(build_milliseconds), max(slowest_build_milliseconds),
        sum(saved_milliseconds), sum(image_bytes)
        """
    private static let addition = """
        lookups = lookups + excluded.lookups,
        waited = waited + excluded.waited,
        builds = builds + excluded.builds,
        build_milliseconds = build_milliseconds + excluded.build_milliseconds,
        slowest_build_milliseconds = max(slowest_build_milliseconds, excluded.slowest_build_milliseconds),
        saved_milliseconds = saved_milliseconds + excluded.saved_milliseconds,
        image_bytes = image_bytes + excluded.image_bytes
        """
    private static let names = "image, pipeline, provider"
    private static let results = "outcome, reason, failure"

    /// Moves the days before `day` from `daily_totals` to these tables, a few rows at a time.
    ///
    /// - Parameters:
    ///   - day: days since 1970
    ///   - most: how many combinations of image, pipeline and provider keep their names
    func takeDays(
        before day: Int64,
        keeping most: Int64 = mostSeries,
        timing: Batches.Timing,
        until isTimeUp: () -> Bool
    ) throws -> Batches.Result {
        let batches = Batches(database, timing: timing)
        var result = try batches.run(until: isTimeUp) { limit in try takeRows(limit, before: day) }
        guard result.isComplete else { return result }
        let series = try database.first(
            "SELECT count(*) FROM (SELECT 1 FROM earlier_series GROUP BY \(Self.names))"
        ) { row in try row.int64(0) }
        var excess = (series ?? 0) - most
        guard excess > 0 else { return result }
        let unnamed = try batches.run(until: isTimeUp) { limit in
            let count = min(limit, excess)
            try takeNames(count)
            excess -= count
            return count
        }
        result.isComplete = unnamed.isComplete
        return result
    }

    /// Moves at most `limit` rows, and returns the number moved.
    private func takeRows(_ limit: Int64, before day: Int64) throws -> Int64 {
        let key = "day, \(Self.names), \(Self.results)"
        let chosen = "SELECT * FROM daily_totals WHERE \(Self.isOld) ORDER BY \(key) LIMIT ?2"
        let time = day * Self.dayMilliseconds
        try database.run(
            """
            INSERT INTO earlier_days (day, \(Self.results), \(Self.amounts))
            SELECT day, \(Self.results), \(Self.sums) FROM (\(chosen)) WHERE true GROUP BY day, \(Self.results)
            ON CONFLICT (day, \(Self.results)) DO UPDATE SET \(Self.addition)
            """,
            time,
            limit
        )
        try database.run(
            """
            INSERT INTO earlier_series (\(Self.names), \(Self.results), first_day, last_day, \(Self.amounts))
            SELECT \(Self.names), \(Self.results), min(day), max(day), \(Self.sums) FROM (\(chosen)) WHERE true
            GROUP BY \(Self.names), \(Self.results)
            \(Self.seriesConflict)
            """,
            time,
            limit
        )
        try database.run(
            "DELETE FROM daily_totals WHERE (\(key)) IN (SELECT \(key) FROM (\(chosen)))",
            time,
            limit
        )
        return database.changes
    }

    /// Merges the `count` combinations of names seen longest ago into the one with empty names. All rows of a
    /// combination move together, because a counter with only some of its rows left would decrease.
    private func takeNames(_ count: Int64) throws {
        let oldest = """
            SELECT \(Self.names) FROM earlier_series WHERE (\(Self.names)) <> ('', '', '')
            GROUP BY \(Self.names) ORDER BY max(last_day), \(Self.names) LIMIT ?1
            """
        try database.run(
            """
            INSERT INTO earlier_series (\(Self.names), \(Self.results), first_day, last_day, \(Self.amounts))
            SELECT '', '', '', \(Self.results), min(first_day), max(last_day), \(Self.sums) FROM earlier_series
            WHERE (\(Self.names)) IN (\(oldest))
            GROUP BY \(Self.results)
            \(Self.seriesConflict)
            """,
            count
        )
        try database.run("DELETE FROM earlier_series WHERE (\(Self.names)) IN (\(oldest))", count)
    }

    private static let isOld = Housekeeping.Kind.dailyTotals.condition

    private static let seriesConflict = """
        ON CONFLICT (\(names), \(results)) DO UPDATE SET
            first_day = min(first_day, excluded.first_day),
            last_day = max(last_day, excluded.last_day),
            \(addition)
        """

    static let dayMilliseconds: Int64 = 86_400_000
}
