/// The tables `checkouts` and `directory_states`: what is known of the files of a context from last time.
///
/// The records of a directory are one value, whose format belongs to its writer. What SQLite refuses is thrown
/// as a ``SQLiteError``.
package struct DirectoryStates {
    let database: Database

    /// A checkout's time of last use is written only when it is older than this, so that most runs write nothing.
    package static let touchIntervalMilliseconds: Int64 = 3_600_000

    package init(_ database: Database) {
        self.database = database
    }

    /// The number of the checkout at `path`, or nil if nothing is known of it. Writes nothing.
    package func findCheckout(_ path: [UInt8]) throws -> Int64? {
        try database.first("SELECT id FROM checkouts WHERE path = ?1", path) { row in try row.int64(0) }
    }

    /// The number of the checkout at `path`; a new one if nothing is known of it. Notes the use, at most once an hour.
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
        // Another process may have been faster, therefore one statement that does either.
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

    /// Hands every directory of the checkout to `body`, ordered by path as bytes.
    ///
    /// The bytes belong to SQLite and are gone when `body` returns.
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

    /// Hands some directories of the checkout to `body`, in no order: those named, and those at or below others.
    ///
    /// The bytes belong to SQLite and are gone when `body` returns.
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
                // All paths that begin with `top/`: the slash is followed by the zero in ASCII.
                try statement.bind([checkout, top + [UInt8(ascii: "/")], top + [UInt8(ascii: "0")]])
                while try statement.step() {
                    try body(try statement.row.borrowedBlob(0), try statement.row.borrowedBlob(1))
                }
                statement.reset()
            }
        }
    }

    /// Saves the records of the `changed` directories and drops the `removed` ones, all in one transaction.
    ///
    /// A checkout that has meanwhile been removed is an error with the code ``ResultCode/constraint``.
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
            // Removed first, so that a directory in both lists stays.
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

/// What removing the hashes of checkouts asks of the tables.
extension DirectoryStates {
    /// All checkouts, the one used longest ago first.
    package func checkouts() throws -> [Checkout] {
        try database.all("SELECT id, path, last_used_at FROM checkouts ORDER BY last_used_at, id") { row in
            Checkout(id: try row.int64(0), path: try row.blob(1), lastUsedAt: try row.int64(2))
        }
    }

    /// Forgets a checkout and the hashes of its files, a few directories at a time (``Batches``), unless it was used
    /// since. What is left of one that is used meanwhile is no less right; the rest is read again.
    /// - Returns: How many directories it had; nil if it was used.
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
    /// Milliseconds since 1970, up to an hour too early.
    package var lastUsedAt: Int64

    package init(id: Int64, path: [UInt8], lastUsedAt: Int64) {
        self.id = id
        self.path = path
        self.lastUsedAt = lastUsedAt
    }
}
