internal import CSQLite

/// A prepared statement: bind, step, read the row, reset.
///
/// Parameters are numbered from 1, columns from 0, as in SQLite.
package final class Statement {
    /// The SQL it was prepared from.
    package let sql: String

    let handle: OpaquePointer
    private let connection: OpaquePointer

    /// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns. The C macro is a cast that Swift cannot
    /// import.
    private static var copied: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    /// Prepares the single statement in `sql`.
    init(_ sql: String, connection: OpaquePointer) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK else {
            throw SQLiteError(code: code, connection: connection, sql: sql)
        }
        guard let prepared else {
            throw SQLiteError(extendedCode: .misuse, message: "there is no statement", sql: sql)
        }
        handle = prepared
        self.connection = connection
        self.sql = sql
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Binds all parameters, in order. Throws an error with the code ``ResultCode/range`` unless there is one value for
    /// each.
    package func bind(_ values: [(any SQLiteBindable)?]) throws(SQLiteError) {
        let expected = Int(sqlite3_bind_parameter_count(handle))
        guard values.count == expected else {
            throw SQLiteError(
                extendedCode: .range,
                message: "\(values.count) values for \(expected) parameters",
                sql: sql
            )
        }
        var position: Int32 = 1
        for value in values {
            try bind(value, at: position)
            position += 1
        }
    }

    /// Binds the parameter at `position` (from 1).
    package func bind(_ value: (any SQLiteBindable)?, at position: Int32) throws(SQLiteError) {
        let code =
            switch value?.sqliteValue {
            case nil:
                sqlite3_bind_null(handle, position)
            case .integer(let integer):
                sqlite3_bind_int64(handle, position, integer)
            case .real(let real):
                sqlite3_bind_double(handle, position, real)
            case .text(let text):
                bind(text, at: position)
            case .blob(let bytes):
                bind(bytes, at: position)
            }
        try check(code)
    }

    private func bind(_ text: String, at position: Int32) -> Int32 {
        var text = text
        // With its length, because a string may contain a zero byte.
        return text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else {
                    return sqlite3_bind_text(handle, position, "", 0, Self.copied)
                }
                return sqlite3_bind_text64(
                    handle,
                    position,
                    start,
                    UInt64(characters.count),
                    Self.copied,
                    UInt8(SQLITE_UTF8)
                )
            }
        }
    }

    private func bind(_ bytes: [UInt8], at position: Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else {
                // A null pointer would be bound as NULL.
                return sqlite3_bind_zeroblob(handle, position, 0)
            }
            return sqlite3_bind_blob64(handle, position, start, UInt64(bytes.count), Self.copied)
        }
    }

    /// Advances to the next row. Returns false if there is none and the statement is done.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            return false
        case let code:
            throw SQLiteError(code: code, connection: connection, sql: sql)
        }
    }

    /// The row that ``step()`` reached. Valid until the next step.
    package var row: Row {
        Row(statement: self)
    }

    /// Makes the statement ready to run again. ``step()`` has already reported its error, if any.
    package func reset() {
        sqlite3_reset(handle)
    }

    /// Sets all parameters to NULL, which frees their values.
    func clearBindings() {
        sqlite3_clear_bindings(handle)
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else {
            throw SQLiteError(code: code, connection: connection, sql: sql)
        }
    }
}

/// A value that a parameter of a statement can take: `Int64`, `Double`, `String`, `[UInt8]`; nil means NULL.
package protocol SQLiteBindable {
    /// The value as SQLite stores it.
    var sqliteValue: SQLiteValue { get }
}

/// SQLite's storage classes, except NULL.
package enum SQLiteValue: Equatable, Sendable {
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension Int64: SQLiteBindable {
    package var sqliteValue: SQLiteValue { .integer(self) }
}

extension Double: SQLiteBindable {
    package var sqliteValue: SQLiteValue { .real(self) }
}

extension String: SQLiteBindable {
    package var sqliteValue: SQLiteValue { .text(self) }
}

extension [UInt8]: SQLiteBindable {
    package var sqliteValue: SQLiteValue { .blob(self) }
}
