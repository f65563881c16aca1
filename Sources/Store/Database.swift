internal import CSQLite
package import SystemPackage

/// A connection to a SQLite file, with cached statements, type-checked rows and immediate transactions.
///
/// Not thread-safe: only one thread may use a connection at a time. Every thread and process opens a separate one.
package final class Database {
    /// How a file is opened.
    package enum Access: Sendable {
        case readOnly
        /// Read-only, without reading the log, taking locks or noticing changes. For a file without a log, in a
        /// directory where no file can be created.
        case unchanging
        case readWrite
        case create
    }

    /// How long a statement waits for a lock that another connection holds.
    package static let busyTimeoutMilliseconds: Int32 = 5_000

    private let connection: OpaquePointer
    private var idleStatements: [String: Statement] = [:]

    /// Called with rows that did not match their checksums.
    var onDamagedRows: ((DamagedRows) -> Void)?

    /// Opens the file at `path` and sets the options of the connection: busy timeout, foreign keys, `synchronous`.
    ///
    /// If the file is not a database, either this call or the first statement throws.
    package init(
        at path: FilePath,
        access: Access = .readWrite,
        busyTimeoutMilliseconds: Int32 = Database.busyTimeoutMilliseconds
    ) throws(SQLiteError) {
        let mode =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .unchanging: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // "./" keeps SQLite from reading `:memory:` or `file:…` as anything but a file name.
        let file = path.isAbsolute ? path.string : "./" + path.string
        // https://sqlite.org/c3ref/open.html#urifilenameparameters
        let name = access == .unchanging ? "file:\(Self.escaped(file))?immutable=1" : file
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(code: code, connection: opened)
            // SQLite returns a connection even if it could not open the file.
            sqlite3_close_v2(opened)
            throw error
        }
        connection = opened
        sqlite3_busy_timeout(connection, busyTimeoutMilliseconds)
        // Debian's SQLite overwrites deleted data with zeros. That doubles the writes, and the data is not secret.
        try execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = OFF; PRAGMA synchronous = NORMAL;")
        try Checksum.register(on: connection)
    }

    /// Percent-encodes a path for a URI. Characters that need no encoding may be encoded too.
    private static func escaped(_ path: String) -> String {
        path.utf8.reduce(into: "") { escaped, byte in
            if byte == UInt8(ascii: "/") {
                escaped += "/"
            } else {
                escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
    }

    deinit {
        // Finalize the statements first: an open one would keep the connection, and its locks, alive.
        idleStatements.removeAll()
        sqlite3_close_v2(connection)
    }

    /// Whether the file could only be opened for reading, regardless of the requested access.
    package var isReadOnly: Bool {
        sqlite3_db_readonly(connection, "main") == 1
    }

    /// The number of rows that the last INSERT, UPDATE or DELETE changed.
    package var changes: Int64 {
        sqlite3_changes64(connection)
    }

    /// Runs all statements in `sql`, without parameters, and ignores their rows.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(connection, sql, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw SQLiteError(code: code, connection: connection, sql: sql)
        }
    }

    /// Runs the single statement in `sql`, with `values` as its parameters.
    package func run(_ sql: String, _ values: (any SQLiteBindable)?...) throws {
        try withStatement(sql) { statement in
            try statement.bind(values)
            while try statement.step() {}
        }
    }

    /// The first row of a query, or nil if there is none.
    package func first<Value>(
        _ sql: String,
        _ values: (any SQLiteBindable)?...,
        read: (Row) throws -> Value
    ) throws -> Value? {
        try withStatement(sql) { statement in
            try statement.bind(values)
            return try statement.step() ? read(statement.row) : nil
        }
    }

    /// All rows of a query.
    package func all<Value>(
        _ sql: String,
        _ values: (any SQLiteBindable)?...,
        read: (Row) throws -> Value
    ) throws -> [Value] {
        try withStatement(sql) { statement in
            try statement.bind(values)
            var result: [Value] = []
            while try statement.step() {
                result.append(try read(statement.row))
            }
            return result
        }
    }

    /// Runs `body` with the prepared statement for `sql`, which is then cached.
    ///
    /// While `body` runs, it has the statement to itself: the same SQL used inside `body` is prepared again.
    package func withStatement<Result>(_ sql: String, _ body: (Statement) throws -> Result) throws -> Result {
        let statement = try idleStatements.removeValue(forKey: sql) ?? Statement(sql, connection: connection)
        defer {
            statement.reset()
            statement.clearBindings()
            idleStatements[sql] = statement
        }
        return try body(statement)
    }

    /// Runs `body` in a read transaction. All its queries see the index as it was at the first query, whatever other
    /// connections write meanwhile.
    package func readTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run("BEGIN DEFERRED")
        // Nothing was written, so a failed ROLLBACK loses nothing.
        defer { try? run("ROLLBACK") }
        return try body()
    }

    /// Runs `body` in a transaction that holds the write lock from the beginning. An error thrown by `body` rolls it
    /// back.
    ///
    /// It is immediate because a transaction that reads first and then writes fails at once, without waiting, if
    /// another connection has written in between.
    package func immediateTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // After some errors, such as a full disk, SQLite has already rolled back.
            if sqlite3_get_autocommit(connection) == 0 {
                try? run("ROLLBACK")
            }
            throw error
        }
    }
}
