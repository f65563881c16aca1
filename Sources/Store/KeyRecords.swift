/// The table `key_records`: what the keys of the last lookups were made of.
///
/// What SQLite refuses is thrown as a ``SQLiteError``.
package struct KeyRecords {
    private let database: Database

    /// How many keys of an image in a pipeline are kept. A record has some thirty bytes for each file.
    package static let kept: Int64 = 5

    package init(_ database: Database) {
        self.database = database
    }

    /// Without what every lookup changes.
    static let table = CheckedTable(
        name: "key_records",
        columns: ["pipeline", "image", "key", "record", "origin"],
        numbers: ["seen_at"]
    )
    private static let saved = ["pipeline", "image", "key", "directory", "seen_at", "record", "origin"]
    private static let columns = "\(saved.joined(separator: ", ")), \(table.isSound)"

    /// Notes that a lookup met the key again. False: no lookup here has met it, and ``save(_:)`` has to be called.
    package func touch(
        pipeline: String?,
        image: String,
        key: String,
        directory: [UInt8],
        seenAt: Int64
    ) throws -> Bool {
        try database.run(
            """
            UPDATE key_records
            SET directory = ?4, seen_at = max(seen_at, ?5)
            WHERE pipeline = ?1 AND image = ?2 AND key = ?3 AND origin = ''
            """,
            pipeline ?? "",
            image,
            key,
            directory,
            seenAt
        )
        return database.changes > 0
    }

    /// Saves a record, and drops the oldest ones of the image in the pipeline.
    package func save(_ record: StoredKeyRecord) throws {
        try database.immediateTransaction {
            try database.run(
                """
                \(Self.table.insert(Self.saved))
                ON CONFLICT (pipeline, image, key) DO UPDATE SET
                    directory = excluded.directory,
                    seen_at = max(seen_at, excluded.seen_at),
                    record = excluded.record,
                    origin = excluded.origin,
                    checksum = excluded.checksum
                """,
                record.pipeline ?? "",
                record.image,
                record.key,
                record.directory,
                record.seenAt,
                record.record,
                record.origin ?? ""
            )
            try database.run(
                """
                DELETE FROM key_records
                WHERE pipeline = ?1 AND image = ?2 AND id NOT IN (
                    SELECT id FROM key_records
                    WHERE pipeline = ?1 AND image = ?2
                    ORDER BY seen_at DESC, id DESC
                    LIMIT ?3
                )
                """,
                record.pipeline ?? "",
                record.image,
                Self.kept
            )
        }
    }

    /// The one that a lookup in `directory` met last.
    package func last(in directory: [UInt8]) throws -> StoredKeyRecord? {
        try database.first(
            in: Self.table,
            """
            SELECT \(Self.columns) FROM key_records
            WHERE directory = ?1
            ORDER BY seen_at DESC, id DESC
            LIMIT 1
            """,
            directory,
            read: Self.record
        )
    }

    /// Those whose key begins with `prefix`, the last seen first.
    ///
    /// - Parameter prefix: hex digits in lower case.
    package func find(prefix: String) throws -> [StoredKeyRecord] {
        try database.all(
            in: Self.table,
            """
            SELECT \(Self.columns) FROM key_records
            WHERE substr(key, 1, length(?1)) = ?1
            ORDER BY seen_at DESC, id DESC
            """,
            prefix,
            read: Self.record
        )
    }

    /// The one that was met before `record`, of the same image in the same pipeline.
    package func previous(to record: StoredKeyRecord) throws -> StoredKeyRecord? {
        try database.first(
            in: Self.table,
            """
            SELECT \(Self.columns) FROM key_records
            WHERE pipeline = ?1 AND image = ?2 AND key <> ?3 AND seen_at <= ?4
            ORDER BY seen_at DESC, id DESC
            LIMIT 1
            """,
            record.pipeline ?? "",
            record.image,
            record.key,
            record.seenAt,
            read: Self.record
        )
    }

    private static func record(_ row: Row) throws -> StoredKeyRecord {
        let (pipeline, origin) = (try row.text(0), try row.text(6))
        return StoredKeyRecord(
            pipeline: pipeline.isEmpty ? nil : pipeline,
            image: try row.text(1),
            key: try row.text(2),
            directory: try row.blob(3),
            seenAt: try row.int64(4),
            record: try row.blob(5),
            origin: origin.isEmpty ? nil : origin
        )
    }
}

/// What the key of a lookup was made of, as the index keeps it to explain later ones.
package struct StoredKeyRecord: Equatable, Sendable {
    /// The pipeline of the lookup; nil outside of one.
    package var pipeline: String?
    /// The image's name, without a tag.
    package var image: String
    /// 40 hex digits.
    package var key: String
    /// The absolute path of the working directory of the last lookup with this key.
    package var directory: [UInt8]
    /// When that was, in milliseconds since 1970.
    package var seenAt: Int64
    /// In the format of its writer.
    package var record: [UInt8]
    /// The build that says so in the registry; nil for a lookup on this agent.
    package var origin: String?

    package init(
        pipeline: String?,
        image: String,
        key: String,
        directory: [UInt8],
        seenAt: Int64,
        record: [UInt8],
        origin: String? = nil
    ) {
        self.pipeline = pipeline
        self.image = image
        self.key = key
        self.directory = directory
        self.seenAt = seenAt
        self.record = record
        self.origin = origin
    }
}
