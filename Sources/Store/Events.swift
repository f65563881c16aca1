/// The table `events`: one row for every lookup.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct Events {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    private static let columns =
        """
        at, key, image, provider, outcome, reason, failure, exit_status, pipeline, branch, build, job, step,
        fingerprint_milliseconds, lookup_milliseconds, wait_milliseconds, pull_milliseconds, build_milliseconds,
        save_milliseconds, total_milliseconds, saved_milliseconds, context_bytes_read, image_bytes
        """

    /// Adds a row for one lookup.
    package func record(_ event: Event) throws {
        try database.run(
            """
            INSERT INTO events (\(Self.columns))
            VALUES (
                ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23
            )
            """,
            event.at,
            event.key,
            event.image,
            event.provider,
            event.outcome.rawValue,
            event.reason?.rawValue,
            event.failure?.rawValue,
            event.exitStatus,
            event.pipeline,
            event.branch,
            event.build,
            event.job,
            event.step,
            event.milliseconds.fingerprint,
            event.milliseconds.lookup,
            event.milliseconds.wait,
            event.milliseconds.pull,
            event.milliseconds.build,
            event.milliseconds.save,
            event.milliseconds.total,
            event.savedMilliseconds,
            event.contextBytesRead,
            event.imageBytes
        )
    }

    /// Adds to the newest row of a lookup that it failed after all.
    ///
    /// - Parameter event: as recorded, with its failure and exit status
    package func recordFailure(_ event: Event) throws {
        try database.run(
            """
            UPDATE events SET failure = ?1, exit_status = ?2
            WHERE id = (SELECT max(id) FROM events WHERE at = ?3 AND image = ?4 AND key IS ?5 AND job IS ?6)
            """,
            event.failure?.rawValue,
            event.exitStatus,
            event.at,
            event.image,
            event.key,
            event.job
        )
    }

    /// The newest events, most recently recorded first.
    package func recent(limit: Int64) throws -> [Event] {
        try database.all(
            "SELECT \(Self.columns) FROM events ORDER BY id DESC LIMIT ?1",
            max(0, limit),
            read: Self.event
        ).compactMap(\.self)
    }

    /// The lookups of one build of a pipeline, in the order in which they ended.
    /// - Parameters:
    ///   - build: the build's number
    ///   - since: how far to look back, in milliseconds since 1970
    package func ofBuild(_ build: String, pipeline: String, since: Int64) throws -> [Event] {
        try database.all(
            """
            SELECT \(Self.columns) FROM events
            WHERE pipeline = ?1 AND at >= ?2 AND build = ?3
            ORDER BY at, id
            """,
            pipeline,
            since,
            build,
            read: Self.event
        ).compactMap(\.self)
    }

    /// The usual duration of a build of the image: the median of its last successful builds, in milliseconds. Nil if
    /// there are none.
    package func usualBuildMilliseconds(image: String) throws -> Int64? {
        let durations = try database.all(
            """
            SELECT build_milliseconds FROM events
            WHERE image = ?1 AND outcome IN ('miss', 'expired', 'bypassed') AND failure IS NULL
                AND build_milliseconds IS NOT NULL
            ORDER BY at DESC
            LIMIT ?2
            """,
            image,
            Self.countedBuilds
        ) { row in try row.int64(0) }
        return durations.isEmpty ? nil : durations.sorted()[durations.count / 2]
    }

    /// Limited, because old builds are a poor guide to current ones. Odd, so that the median is one of them.
    private static let countedBuilds: Int64 = 21

    /// The last event for the key and image; nil if there is none.
    package func last(key: String, image: String) throws -> Event? {
        let found = try database.first(
            "SELECT \(Self.columns) FROM events WHERE key = ?1 AND image = ?2 ORDER BY at DESC, id DESC LIMIT 1",
            key,
            image,
            read: Self.event
        )
        return found ?? nil
    }

    /// All events for the key and image, oldest first.
    package func all(key: String, image: String) throws -> [Event] {
        try database.all(
            "SELECT \(Self.columns) FROM events WHERE image = ?1 AND key = ?2 ORDER BY at, id",
            image,
            key,
            read: Self.event
        ).compactMap(\.self)
    }

    /// Nil for an outcome that this version does not know: a newer version may write to the same file.
    private static func event(_ row: Row) throws -> Event? {
        guard let outcome = Outcome(rawValue: try row.text(4)) else { return nil }
        return Event(
            at: try row.int64(0),
            key: try row.optionalText(1),
            image: try row.text(2),
            provider: try row.text(3),
            outcome: outcome,
            reason: try row.optionalText(5).flatMap(Reason.init),
            failure: try row.optionalText(6).map { Failure(rawValue: $0) ?? .failed },
            exitStatus: try row.int64(7),
            pipeline: try row.optionalText(8),
            branch: try row.optionalText(9),
            build: try row.optionalText(10),
            job: try row.optionalText(11),
            step: try row.optionalText(12),
            milliseconds: StageMilliseconds(
                fingerprint: try row.optionalInt64(13),
                lookup: try row.optionalInt64(14),
                wait: try row.optionalInt64(15),
                pull: try row.optionalInt64(16),
                build: try row.optionalInt64(17),
                save: try row.optionalInt64(18),
                total: try row.optionalInt64(19)
            ),
            savedMilliseconds: try row.optionalInt64(20),
            contextBytesRead: try row.optionalInt64(21),
            imageBytes: try row.optionalInt64(22)
        )
    }
}
