/// The table `key_records`: the inputs of the keys of recent lookups.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct KeyRecords {
    private let database: Database

    /// The number of keys kept for an image in a pipeline. A record takes about thirty bytes for each file.
    package static let kept: Int64 = 5

    package init(_ database: Database) {
        self.database = database
    }

    /// The checksum leaves out the columns that every lookup changes.
    static let table = CheckedTable(
        name: "key_records",
        columns: ["pipeline", "image", "key", "record", "origin"],
        numbers: ["seen_at"]
    )
    private static let saved = ["pipeline", "image", "key", "directory", "seen_at", "record", "origin"]
    private static let columns = "\(saved.joined(separator: ", ")), \(table.isSound)"

    /// Records that a lookup met the key again. Returns false if no lookup here has met it; then call ``save(_:)``.
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

    /// Saves a record, and removes the oldest ones of the image in the pipeline.
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

    /// The record that a lookup in `directory` met last.
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

    /// The records with a key that begins with `prefix`, most recently seen first.
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

    /// The record that was met before `record`, for the same image in the same pipeline.
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

/// The inputs of a lookup's key, as the index keeps them to explain later lookups.
package struct StoredKeyRecord: Equatable, Sendable {
    /// The pipeline of the lookup; nil outside a pipeline.
    package var pipeline: String?
    /// The image's name, without a tag.
    package var image: String
    /// 40 hex digits.
    package var key: String
    /// The absolute path of the working directory of the last lookup with this key.
    package var directory: [UInt8]
    /// When that lookup ran, in milliseconds since 1970.
    package var seenAt: Int64
    /// The inputs, in the writer's format.
    package var record: [UInt8]
    /// The build that stored the record in the registry; nil for a lookup on this agent.
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
