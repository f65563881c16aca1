/// The table `remote_sources`: known contents of URLs that Dockerfiles add.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct RemoteSources {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    private static let columns = ["source", "address", "tag", "digest", "learned_at"]
    static let table = CheckedTable(name: "remote_sources", columns: columns)

    /// Known facts about the content at a URL.
    package struct Record: Equatable, Sendable {
        /// SHA-256 of the URL after redirects, in hex digits.
        package var address: String
        /// The server's `ETag`.
        package var tag: String
        /// SHA-256 of the content, in hex digits.
        package var digest: String
        /// When this was learned, in milliseconds since 1970.
        package var learnedAt: Int64

        package init(address: String, tag: String, digest: String, learnedAt: Int64) {
            self.address = address
            self.tag = tag
            self.digest = digest
            self.learnedAt = learnedAt
        }
    }

    /// The record of a URL; nil if there is none.
    ///
    /// - Parameter source: SHA-256 of the URL, in hex digits
    package func find(_ source: String) throws -> Record? {
        try database.first(
            in: Self.table,
            "SELECT address, tag, digest, learned_at, \(Self.table.isSound) FROM remote_sources WHERE source = ?1",
            source
        ) { row in
            Record(
                address: try row.text(0),
                tag: try row.text(1),
                digest: try row.text(2),
                learnedAt: try row.int64(3)
            )
        }
    }

    /// Saves a record, replacing the one for the same URL.
    package func save(_ record: Record, of source: String) throws {
        try database.run(
            """
            \(Self.table.insert(Self.columns))
            ON CONFLICT (source) DO UPDATE SET
                address = excluded.address,
                tag = excluded.tag,
                digest = excluded.digest,
                learned_at = excluded.learned_at,
                checksum = excluded.checksum
            """,
            source,
            record.address,
            record.tag,
            record.digest,
            record.learnedAt
        )
    }
}
