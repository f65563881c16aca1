/// The tables `checkouts` and `directory_states`: file states and hashes of contexts from earlier runs.
///
/// The records of a directory are one value. Its writer defines the format. SQLite failures are thrown as
/// ``SQLiteError``.
package struct DirectoryStates {
    let database: Database

    /// A checkout's time of last use is written only when it is older than this, so that most runs write nothing.
    package static let touchIntervalMilliseconds: Int64 = 3_600_000

    package init(_ database: Database) {
        self.database = database
    }

    /// The number of the checkout at `path`, or nil if the index does not know it. Writes nothing.
    package func findCheckout(_ path: [UInt8]) throws -> Int64? {
        try database.first("SELECT id FROM checkouts WHERE path = ?1", path) { row in try row.int64(0) }
    }

    /// The number of the checkout at `path`, which is added if the index does not know it. Records the use, at most
    /// once an hour.
    /// - Parameters:
    ///   - path: the absolute path of the context's root.
    ///   - now: milliseconds since 1970.
    package func checkout(for path: [UInt8], now: Int64) throws -> Int64 {
        let found = try database.first("SELECT id, last_used_at FROM checkouts WHERE path = ?1", path) { row in
            (id: try row.int64(0), lastUsedAt: try row.int64(1))
        }
        if let found, found.lastUsedAt <= now, now - found.lastUsedAt <= Self.touchIntervalMilliseconds {
            return found.id
        }
        // One statement that inserts or updates, because another process may insert the checkout first.
        let ids = try database.all(
            """
            INSERT INTO checkouts (path, last_used_at)
            VALUES (?1, ?2)
            ON CONFLICT (path) DO UPDATE SET last_used_at = excluded.last_used_at
            RETURNING id
            """,
            path,
            now
        ) { row in try row.int64(0) }
        guard let id = ids.first else {
            throw SQLiteError(extendedCode: .error, message: "a checkout was saved, but its number did not come back")
        }
        return id
    }

    /// Calls `body` with every directory of the checkout, ordered by path as bytes.
    ///
    /// SQLite owns the bytes: they are valid only until `body` returns.
    package func forEach(
        checkout: Int64,
        _ body: (_ directory: UnsafeRawBufferPointer, _ records: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let sql = "SELECT directory, records FROM directory_states WHERE checkout_id = ?1 ORDER BY directory"
        try database.withStatement(sql) { statement in
            try statement.bind([checkout])
            while try statement.step() {
                let row = statement.row
                try body(try row.borrowedBlob(0), try row.borrowedBlob(1))
            }
        }
    }

    /// Calls `body` with some directories of the checkout, in no particular order: those in `directories`, and those in
    /// `tops` with everything below them.
    ///
    /// SQLite owns the bytes: they are valid only until `body` returns.
    package func forEach(
        checkout: Int64,
        at directories: [[UInt8]],
        below tops: [[UInt8]],
        _ body: (_ directory: UnsafeRawBufferPointer, _ records: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let one = "SELECT directory, records FROM directory_states WHERE checkout_id = ?1 AND directory = ?2"
        try database.withStatement(one) { statement in
            for directory in directories + tops {
                try statement.bind([checkout, directory])
                while try statement.step() {
                    try body(try statement.row.borrowedBlob(0), try statement.row.borrowedBlob(1))
                }
                statement.reset()
            }
        }
        let many =
            """
            SELECT directory, records FROM directory_states
            WHERE checkout_id = ?1 AND directory > ?2 AND directory < ?3
            """
        try database.withStatement(many) { statement in
            for top in tops {
                // All paths that begin with `top/`: in ASCII, the zero follows the slash.
                try statement.bind([checkout, top + [UInt8(ascii: "/")], top + [UInt8(ascii: "0")]])
                while try statement.step() {
                    try body(try statement.row.borrowedBlob(0), try statement.row.borrowedBlob(1))
                }
                statement.reset()
            }
        }
    }

    /// Saves the records of the `changed` directories and deletes the `removed` ones, all in one transaction.
    ///
    /// Throws an error with the code ``ResultCode/constraint`` if the checkout has been removed meanwhile.
    package func update(
        checkout: Int64,
        changed: [(directory: [UInt8], records: [UInt8])],
        removed: [[UInt8]]
    ) throws {
        guard !changed.isEmpty || !removed.isEmpty else {
            return
        }
        let delete = "DELETE FROM directory_states WHERE checkout_id = ?1 AND directory = ?2"
        let save =
            """
            INSERT INTO directory_states (checkout_id, directory, records)
            VALUES (?1, ?2, ?3)
            ON CONFLICT (checkout_id, directory) DO UPDATE SET records = excluded.records
            """
        try database.immediateTransaction {
            // Delete first, so that a directory in both lists stays.
            try database.withStatement(delete) { statement in
                for directory in removed {
                    try statement.bind([checkout, directory])
                    _ = try statement.step()
                    statement.reset()
                }
            }
            try database.withStatement(save) { statement in
                for (directory, records) in changed {
                    try statement.bind([checkout, directory, records])
                    _ = try statement.step()
                    statement.reset()
                }
            }
        }
    }
}

/// Queries and changes for removing the hashes of checkouts.
extension DirectoryStates {
    /// All checkouts, least recently used first.
    package func checkouts() throws -> [Checkout] {
        try database.all("SELECT id, path, last_used_at FROM checkouts ORDER BY last_used_at, id") { row in
            Checkout(id: try row.int64(0), path: try row.blob(1), lastUsedAt: try row.int64(2))
        }
    }

    /// Removes a checkout and the hashes of its files, a few directories at a time (``Batches``), unless it has been
    /// used since. If it is used meanwhile, the remaining hashes are still valid, and the other files are read again.
    /// - Returns: How many directories were removed; nil if the checkout was used.
    package func remove(
        _ checkout: Checkout,
        timing: Batches.Timing = .system,
        until isTimeUp: () -> Bool = { false }
    ) throws -> Batches.Result? {
        let isUnused = "SELECT id FROM checkouts WHERE id = ?1 AND last_used_at = ?2"
        var isUsed = false
        let result = try Batches(database, timing: timing).run(until: isTimeUp) { limit in
            guard try database.first(isUnused, checkout.id, checkout.lastUsedAt, read: { _ in true }) != nil else {
                isUsed = true
                return 0
            }
            try database.run(
                """
                DELETE FROM directory_states
                WHERE id IN (SELECT id FROM directory_states WHERE checkout_id = ?1 LIMIT ?2)
                """,
                checkout.id,
                limit
            )
            let count = database.changes
            if count < limit { try database.run("DELETE FROM checkouts WHERE id = ?1", checkout.id) }
            return count
        }
        return isUsed ? nil : result
    }
}

/// A directory whose files have been hashed.
package struct Checkout: Equatable, Sendable {
    package var id: Int64
    /// The absolute path of the context's root, as bytes.
    package var path: [UInt8]
    /// Milliseconds since 1970; up to an hour before the actual last use.
    package var lastUsedAt: Int64

    package init(id: Int64, path: [UInt8], lastUsedAt: Int64) {
        self.id = id
        self.path = path
        self.lastUsedAt = lastUsedAt
    }
}
