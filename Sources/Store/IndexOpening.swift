internal import Files
internal import SystemPackage

/// Opens a connection with the current schema to the index at a path.
struct IndexOpening {
    let file: IndexFile
    let schema: Schema
    /// Milliseconds since 1970.
    let now: Int64
    let timeoutMilliseconds: Int32

    /// A connection, and the file it belongs to.
    struct Opened {
        let database: Database
        let identity: IndexFile.Identity
        /// Why it cannot be written; nil if it can.
        var obstacle: String?
        var isDiskFull = false
    }

    /// Opens the index, read-only if it cannot be written.
    func run() throws(IndexError) -> (Opened, IndexNotice?) {
        do throws(IndexError) {
            return try openForWriting()
        } catch {
            guard let opened = openForReading(insteadOf: error) else { throw error }
            return (opened, opened.obstacle.map { .readOnly(file.path, reason: $0) })
        }
    }

    /// Opens the index read-only. Returns nil if that fails too, or if `error` is not about writing.
    ///
    /// If the log and its shared memory exist, SQLite reads the index as usual. Otherwise it would have to create them,
    /// which is not possible here. Without a log, the file alone is complete, and is read as a file that never changes.
    /// If a process changes it nevertheless, an old row is still valid, and a torn one does not match its checksum.
    private func openForReading(insteadOf error: IndexError) -> Opened? {
        guard let obstacle = error.obstacleToWriting(file) else { return nil }
        let isDiskFull = error == .diskFull(file.path)
        return try? file.holdIfPossible(within: timeoutMilliseconds) { () throws(IndexError) in
            guard case .present(let identity) = try file.presence() else { return nil }
            let accesses: [Database.Access] = file.hasLog ? [.readOnly] : [.readOnly, .unchanging]
            for access in accesses {
                let opened = try? connecting(access) { database in
                    // This version's statements cannot read an older schema.
                    guard try schema.state(of: database) == .current else { throw error }
                    return Opened(
                        database: database,
                        identity: identity,
                        obstacle: obstacle,
                        isDiskFull: isDiskFull
                    )
                }
                if let opened { return opened }
            }
            return nil
        }
    }

    /// Opens the index, creates it if there is none, and replaces it if it is damaged. A file without evidence of ever
    /// having been an index is refused (``IndexEvidence``).
    ///
    /// Usually a shared lock is enough. A process that has to create or move the file takes the exclusive one and
    /// checks again, because another agent may have done the same a moment earlier.
    private func openForWriting() throws(IndexError) -> (Opened, IndexNotice?) {
        try file.prepareDirectory()
        // Refuse a directory, a FIFO or an unrelated file before a lock file is created beside it.
        try IndexEvidence.require(file)
        if let opened = try file.hold(.shared, within: timeoutMilliseconds, connectIfSound) {
            return (opened, nil)
        }
        return try file.hold(.exclusive, within: timeoutMilliseconds) { () throws(IndexError) in
            do throws(IndexError) {
                return (try createOrConnect(), nil)
            } catch .damaged(_, let reason) {
                let target = try file.moveAside(now: now)
                return (try createOrConnect(), .movedAside(file.path, to: target, reason: reason))
            }
        }
    }

    /// Inspects an existing file without changing it. Throws if damage prevents opening it.
    func condition() throws(IndexError) -> IndexCondition {
        try IndexEvidence.require(file)
        do throws(IndexError) {
            return try file.hold(.shared, within: timeoutMilliseconds) { () throws(IndexError) in
                try connecting { database in try condition(of: database) }
            }
        } catch {
            guard let opened = openForReading(insteadOf: error) else { throw error }
            do {
                return try condition(of: opened.database, obstacle: opened.obstacle)
            } catch let error as SQLiteError {
                throw IndexError(error, path: file.path)
            } catch {
                throw .failed(file.path, reason: "\(error)")
            }
        }
    }

    private func condition(of database: Database, obstacle: String? = nil) throws -> IndexCondition {
        let state = try schema.state(of: database)
        try require(state)
        let version = try database.first("PRAGMA user_version") { row in try row.int64(0) } ?? 0
        let damage = try database.first("PRAGMA quick_check(1)") { row in try row.text(0) }
            .flatMap { $0 == "ok" ? nil : $0 }
        let newest = "SELECT max(built_at) FROM entries"
        let isReadable = damage == nil && version > 0
        return IndexCondition(
            version: version,
            knownVersion: schema.version,
            bytes: file.bytes,
            damage: damage,
            newestBuild: isReadable ? try database.first(newest) { row in try row.optionalInt64(0) } ?? nil : nil,
            obstacle: obstacle,
            damagedRows: isReadable && state == .current ? try damagedRows(in: database) : 0
        )
    }

    /// The number of rows to check in each table, limited so that the check takes only a moment.
    private static let mostRows = 20_000

    private func damagedRows(in database: Database) throws -> Int64 {
        try CheckedTable.all.reduce(0) { sum, table in
            let some = "SELECT \(table.isSound) AS is_sound FROM \(table.name) LIMIT \(Self.mostRows)"
            let sql = "SELECT count(*) FROM (\(some)) WHERE NOT is_sound"
            return sum + (try database.first(sql) { row in try row.int64(0) } ?? 0)
        }
    }

    /// Nil if the file is missing, empty or damaged. Only a process with the exclusive lock acts on that.
    private func connectIfSound() throws(IndexError) -> Opened? {
        guard case .present(let identity) = try file.presence() else {
            return nil
        }
        do throws(IndexError) {
            return try connect(identity, isNew: false)
        } catch .damaged {
            return nil
        }
    }

    private func createOrConnect() throws(IndexError) -> Opened {
        switch try file.presence() {
        case .present(let identity):
            return try connect(identity, isNew: false)
        case .empty(let identity):
            return try connect(identity, isNew: true)
        case .absent:
            try file.create()
            guard case .empty(let identity) = try file.presence() else {
                throw .cannotOpen(file.path, reason: "it was replaced while it was created")
            }
            return try connect(identity, isNew: true)
        }
    }

    private func connect(_ identity: IndexFile.Identity, isNew: Bool) throws(IndexError) -> Opened {
        try connecting { database in
            if isNew {
                try Self.prepare(database)
            }
            try require(try schema.migrate(database, now: now))
            return Opened(database: database, identity: identity)
        }
    }

    /// Opens the file for `body`. Errors of either are thrown as ``IndexError``.
    private func connecting<Result>(
        _ access: Database.Access = .readWrite,
        _ body: (Database) throws -> Result
    ) throws(IndexError) -> Result {
        do {
            let database = try Database(
                at: file.resolved,
                access: access,
                busyTimeoutMilliseconds: timeoutMilliseconds
            )
            guard access != .readWrite || !database.isReadOnly && !file.hasUnwritableLog else {
                throw IndexError.readOnly(file.path)
            }
            return try body(database)
        } catch let error as IndexError {
            throw error
        } catch let error as SQLiteError {
            throw IndexError(error, path: file.path)
        } catch {
            throw .failed(file.path, reason: "\(error)")
        }
    }

    /// Sets options that can only be set while a file is empty.
    ///
    /// The page size was measured by reading 1,000 and 10,000 values of 9 KB in order. Pages of 8 KB take 2.6 and 23
    /// ms, pages of 4 KB 3.2 and 28 ms. 16 KB is no faster and takes 1.8 times the space. 64 KB takes 1.6 and 13 ms,
    /// but then every page that a small write touches, such as an event, adds 64 KB to the log. `auto_vacuum` lets gc
    /// release space without copying the file.
    private static func prepare(_ database: Database) throws(SQLiteError) {
        try database.execute(
            """
            PRAGMA page_size = 8192;
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA journal_mode = WAL;
            """
        )
    }

    private func require(_ state: Schema.State) throws(IndexError) {
        switch state {
        case .current, .behind:
            return
        case .newer(let version):
            throw .newerVersion(file.path, found: version, known: schema.version)
        case .edited(let number, let name):
            throw .damaged(file.path, reason: "its migration \(number), '\(name)', is not the one that made it")
        case .incomplete:
            throw .damaged(file.path, reason: "it is an index that has lost its number or its list of migrations")
        case .foreign:
            throw .foreign(file.path)
        }
    }
}
