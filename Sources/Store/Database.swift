internal import CSQLite
package import SystemPackage

/// A connection to a SQLite file: statements that are prepared once, rows that cannot be misread, immediate
/// transactions.
///
/// Not thread-safe: one connection is used by one thread at a time. Every thread and process opens its own.
package final class Database {
    /// How a file is opened.
    package enum Access: Sendable {
        case readOnly
        /// Only for reading, without looking at the log, locks or whether the file changes: for a file beside which
        /// nothing can be made, and that has no log.
        case unchanging
        case readWrite
        case create
    }

    /// How long a statement waits for a lock that another connection holds.
    package static let busyTimeoutMilliseconds: Int32 = 5_000

    private let connection: OpaquePointer
    private var idleStatements: [String: Statement] = [:]

    /// Told of rows that did not match their checksums.
    var onDamagedRows: ((DamagedRows) -> Void)?

    /// Opens the file at `path` and sets what belongs to the connection: busy timeout, foreign keys, `synchronous`.
    ///
    /// A file that is no database may show itself here or with the first statement.
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
        // "./" keeps SQLite from taking `:memory:` or `file:…` for anything but a file's name.
        let file = path.isAbsolute ? path.string : "./" + path.string
        // https://sqlite.org/c3ref/open.html#urifilenameparameters
        let name = access == .unchanging ? "file:\(Self.escaped(file))?immutable=1" : file
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(name, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(code: code, connection: opened)
            // SQLite hands out a connection even when it could not open the file.
            sqlite3_close_v2(opened)
            throw error
        }
        connection = opened
        sqlite3_busy_timeout(connection, busyTimeoutMilliseconds)
        // Debian's SQLite overwrites what it deletes with zeros, which is twice the writing for data that is no secret.
        try execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = OFF; PRAGMA synchronous = NORMAL;")
        try Checksum.register(on: connection)
    }

    /// A path for a URI. What need not be escaped may be.
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
        // Statements go first: an open one would keep the connection, and its locks, alive.
        idleStatements.removeAll()
        sqlite3_close_v2(connection)
    }

    /// Whether the file could only be opened for reading, whatever was asked for.
    package var isReadOnly: Bool {
        sqlite3_db_readonly(connection, "main") == 1
    }

    /// How many rows the last INSERT, UPDATE or DELETE touched.
    package var changes: Int64 {
        sqlite3_changes64(connection)
    }

    /// Runs all statements in `sql`, without parameters and without looking at rows.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(connection, sql, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw SQLiteError(code: code, connection: connection, sql: sql)
        }
    }

    /// Runs the one statement in `sql` with `values` for its parameters.
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

    /// Runs `body` with the prepared statement for `sql`, which is kept for the next time.
    ///
    /// While `body` runs, the statement is its own: the same SQL used inside `body` is prepared once more.
    package func withStatement<Result>(_ sql: String, _ body: (Statement) throws -> Result) throws -> Result {
        let statement = try idleStatements.removeValue(forKey: sql) ?? Statement(sql, connection: connection)
        defer {
            statement.reset()
            statement.clearBindings()
            idleStatements[sql] = statement
        }
        return try body(statement)
    }

    /// Runs `body`, all of whose queries see the index as it was at the first of them, whatever others write meanwhile.
    package func readTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run("BEGIN DEFERRED")
        // Nothing was written, so there is nothing that an end could fail to save.
        defer { try? run("ROLLBACK") }
        return try body()
    }

    /// Runs `body` in a transaction that holds the write lock from its beginning; what `body` throws rolls it back.
    ///
    /// Immediate, because a transaction that starts by reading and then writes fails at once, without waiting, when
    /// another connection has written in between.
    package func immediateTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // After some errors (a full disk) SQLite has rolled back by itself.
            if sqlite3_get_autocommit(connection) == 0 {
                try? run("ROLLBACK")
            }
            throw error
        }
    }
}
