internal import Files
internal import SystemPackage

/// The way from a path to a connection with the current schema.
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
    }

    /// Opens the index, creates it where there is none, and replaces it where it is damaged. What shows no sign of ever
    /// having been an index is refused (``IndexEvidence``).
    ///
    /// Usually a shared lock is enough. Whoever has to create or move the file takes the exclusive one and looks again,
    /// because another agent may have come to the same conclusion a moment earlier.
    func run() throws(IndexError) -> (Opened, IndexNotice?) {
        try file.prepareDirectory()
        // A directory, a FIFO or somebody's text is refused before a lock file appears beside it.
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

    /// Looks at a file that is there, and changes nothing. Damage that keeps the file from being opened is thrown.
    func condition() throws(IndexError) -> IndexCondition {
        try IndexEvidence.require(file)
        return try file.hold(.shared, within: timeoutMilliseconds) { () throws(IndexError) in
            try connecting { database in
                try require(try schema.state(of: database))
                let version = try database.first("PRAGMA user_version") { row in try row.int64(0) }
                let damage = try database.first("PRAGMA quick_check(1)") { row in try row.text(0) }
                    .flatMap { $0 == "ok" ? nil : $0 }
                let isReadable = damage == nil && version ?? 0 > 0
                return IndexCondition(
                    version: version ?? 0,
                    knownVersion: schema.version,
                    bytes: file.bytes,
                    damage: damage,
                    newestBuild: isReadable
                        ? try database.first("SELECT max(built_at) FROM entries") { try $0.optionalInt64(0) } ?? nil
                        : nil
                )
            }
        }
    }

    /// Nil if the file is missing, not begun or damaged, which is only acted on with the exclusive lock.
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

    /// Opens the file for `body`, and puts what either of them throws into words.
    private func connecting<Result>(_ body: (Database) throws -> Result) throws(IndexError) -> Result {
        do {
            let database = try Database(
                at: file.resolved,
                access: .readWrite,
                busyTimeoutMilliseconds: timeoutMilliseconds
            )
            guard !database.isReadOnly else {
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

    /// Sets what can only be set while a file is empty.
    ///
    /// The page size was measured with 1,000 and 10,000 values of 9 KB read in order. Pages of 8 KB take 2.6 and 23 ms,
    /// of 4 KB 3.2 and 28 ms; 16 KB is no faster and takes 1.8 times the space. 64 KB takes 1.6 and 13 ms, but then
    /// every page that a small write touches, as for an event, is 64 KB in the log. `auto_vacuum` lets a clean-up give
    /// space back without copying the file.
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
            throw .editedMigration(file.path, number: number, name: name)
        case .incomplete:
            throw .damaged(file.path, reason: "it is an index that has lost its list of migrations")
        case .foreign:
            throw .foreign(file.path)
        }
    }
}
