internal import Crypto

/// The schema of the index: whether a file has it, and how the file is migrated to it.
///
/// The table `migrations` holds one row for each applied migration. It is compared with the list in the binary each
/// time the index is opened, which costs one short query.
struct Schema {
    let migrations: [Migration]

    /// "DkrC": identifies the file as an index, for this program and for `file(1)`.
    static let applicationID: Int64 = 0x446B_7243

    /// A row of the table `migrations`.
    struct Applied: Equatable {
        let number: Int64
        let name: String
        let checksum: [UInt8]
    }

    /// The state of a file.
    enum State: Equatable {
        /// It has the whole schema.
        case current
        /// It lacks the last migrations, or all of them.
        case behind
        /// A newer version wrote it. `version` is its newest migration.
        case newer(version: Int64)
        /// The row of the migration `number` does not match it. A migration never changes after it has been applied
        /// anywhere, so the row is damaged.
        case edited(number: Int64, name: String)
        /// A database of another application.
        case foreign
        /// An index that has lost its list of migrations or its application id.
        case incomplete
    }

    /// The number of the newest migration.
    var version: Int64 {
        migrations.last?.number ?? 0
    }

    /// The state according to the rows of the table `migrations`, in order.
    func state(applied: [Applied]) -> State {
        // A newer version applies all known migrations first. If one is missing, a number is damaged.
        if let newest = applied.last, newest.number > version, applied.count > migrations.count {
            return .newer(version: newest.number)
        }
        for (row, migration) in zip(applied, migrations) {
            guard row.number == migration.number, row.checksum == migration.checksum else {
                return .edited(number: row.number, name: row.name)
            }
        }
        return applied.count == migrations.count ? .current : .behind
    }

    /// The state of `database`. Writes nothing.
    func state(of database: Database) throws -> State {
        let applicationID = try database.first("PRAGMA application_id") { row in try row.int64(0) }
        if applicationID == Self.applicationID {
            guard try hasTable("migrations", database) else { return .incomplete }
            let applied = try applied(database)
            // The list was emptied. Its migrations cannot run again on the existing tables.
            return try applied.isEmpty && hasTable("entries", database) ? .incomplete : state(applied: applied)
        }
        let tables = try database.first("SELECT count(*) FROM sqlite_schema") { row in try row.int64(0) }
        if applicationID == 0, tables == 0 { return .behind }
        return isOurs(database) ? .incomplete : .foreign
    }

    /// Whether it contains one of our migrations, regardless of its application id, which is then damaged.
    private func isOurs(_ database: Database) -> Bool {
        guard let applied = try? applied(database) else { return false }
        return applied.contains { row in migrations.contains { $0.checksum == row.checksum } }
    }

    /// Applies the missing migrations to `database`, each in one transaction with its row.
    ///
    /// The state is read again under the write lock, because several agents may start at the same time.
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: The state at the end. If it is not ``State/current``, the database was left unchanged.
    func migrate(_ database: Database, now: Int64) throws -> State {
        var state = try state(of: database)
        while state == .behind {
            do {
                state = try database.immediateTransaction {
                    let state = try self.state(of: database)
                    if state == .behind {
                        try applyNext(to: database, now: now)
                    }
                    return state == .behind ? try self.state(of: database) : state
                }
            } catch let error as SQLiteError where error.code == .constraint {
                // Rows fit their tables when they are saved. A damaged row may not.
                throw SQLiteError(extendedCode: .corrupt, message: "a row does not fit: \(error.message)", sql: nil)
            }
        }
        return state
    }

    private func applyNext(to database: Database, now: Int64) throws {
        try database.execute("PRAGMA application_id = \(Self.applicationID)")
        try database.execute(
            """
            CREATE TABLE IF NOT EXISTS migrations (
                number INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                checksum BLOB NOT NULL,
                applied_at INTEGER NOT NULL
            ) STRICT
            """
        )
        let done = try applied(database).count
        guard migrations.indices.contains(done) else {
            return
        }
        let next = migrations[done]
        try database.execute(String(decoding: next.sql, as: UTF8.self))
        try database.run(
            "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            next.number,
            next.name,
            next.checksum,
            now
        )
        try database.execute("PRAGMA user_version = \(next.number)")
    }

    private func applied(_ database: Database) throws -> [Applied] {
        try database.all("SELECT number, name, checksum FROM migrations ORDER BY number") { row in
            Applied(number: try row.int64(0), name: try row.text(1), checksum: try row.blob(2))
        }
    }

    private func hasTable(_ name: String, _ database: Database) throws -> Bool {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1"
        return try database.first(sql, name) { _ in true } ?? false
    }
}

/// One step of the schema: a file in `migrations/`, embedded in the binary.
struct Migration: Sendable {
    /// 1, 2, 3 … without gaps.
    let number: Int64
    /// The file's name without number and suffix.
    let name: String
    /// The file's bytes.
    let sql: [UInt8]

    /// The SHA-256 of ``sql``. Once applied anywhere, a migration must not change.
    var checksum: [UInt8] {
        Array(SHA256.hash(data: sql))
    }

    /// All migrations, in order. Add a line for each new file in `migrations/`. The embedding replaces the first digit
    /// of a name with `_`.
    static let all: [Migration] = [
        Migration(number: 1, name: "index", sql: PackageResources._001_index_sql),
        Migration(number: 2, name: "keys", sql: PackageResources._002_keys_sql),
        Migration(number: 3, name: "providers", sql: PackageResources._003_providers_sql),
        Migration(number: 4, name: "statistics", sql: PackageResources._004_statistics_sql),
        Migration(number: 5, name: "outcomes", sql: PackageResources._005_outcomes_sql),
        Migration(number: 6, name: "remote_sources", sql: PackageResources._006_remote_sources_sql),
        Migration(number: 7, name: "earlier_totals", sql: PackageResources._007_earlier_totals_sql),
        Migration(number: 8, name: "checksums", sql: PackageResources._008_checksums_sql),
        Migration(number: 9, name: "record_origins", sql: PackageResources._009_record_origins_sql),
        Migration(number: 10, name: "signatures", sql: PackageResources._010_signatures_sql),
    ]
}
