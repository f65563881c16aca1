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

        /// From which table, and which of its rows; `?1` is the time.
        var rows: String {
            switch self {
            case .events: "events WHERE at < ?1"
            case .explanations: "key_records WHERE seen_at < ?1"
            case .baseImages: "base_images WHERE learned_at < ?1"
            case .remoteSources: "remote_sources WHERE learned_at < ?1"
            case .logins: "logins WHERE ends_at < ?1"
            case .providerAnswers: "provider_answers WHERE ends_at < ?1"
            }
        }
    }

    /// How many rows there are from before `time`, in milliseconds since 1970.
    package func count(_ kind: Kind, before time: Int64) throws -> Int64 {
        try database.first("SELECT count(*) FROM \(kind.rows)", time) { row in try row.int64(0) } ?? 0
    }

    /// Removes the rows from before `time`, in milliseconds since 1970.
    /// - Returns: How many there were.
    package func remove(_ kind: Kind, before time: Int64) throws -> Int64 {
        try database.run("DELETE FROM \(kind.rows)", time)
        return database.changes
    }
}
