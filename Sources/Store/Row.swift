internal import CSQLite

/// The current row of a statement. Columns are numbered from 0. Valid until the statement's next step.
///
/// SQLite converts types without an error: NULL reads as 0 or as an empty string, the string `12e3` as 12. Here, a
/// value of an unexpected type is an error with the code ``ResultCode/mismatch``.
package struct Row {
    let statement: Statement

    /// The integer in `column`, clamped to ``sensible``. No real time, size or count lies outside, and arithmetic with
    /// a damaged row does not trap.
    package func int64(_ column: Int32) throws(SQLiteError) -> Int64 {
        try require(SQLITE_INTEGER, column)
        let value = sqlite3_column_int64(statement.handle, column)
        return min(max(value, Self.sensible.lowerBound), Self.sensible.upperBound)
    }

    /// Whole numbers that a `Double` holds exactly: 285,000 years in milliseconds, or 9 petabytes.
    private static let sensible: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    /// The integer in `column`, or nil for NULL.
    package func optionalInt64(_ column: Int32) throws(SQLiteError) -> Int64? {
        try isNull(column) ? nil : int64(column)
    }

    /// The floating-point number in `column`.
    package func double(_ column: Int32) throws(SQLiteError) -> Double {
        try require(SQLITE_FLOAT, column)
        return sqlite3_column_double(statement.handle, column)
    }

    /// The floating-point number in `column`, or nil for NULL.
    package func optionalDouble(_ column: Int32) throws(SQLiteError) -> Double? {
        try isNull(column) ? nil : double(column)
    }

    /// The string in `column`. Invalid UTF-8 is an error, and is not replaced.
    package func text(_ column: Int32) throws(SQLiteError) -> String {
        try require(SQLITE_TEXT, column)
        guard let start = sqlite3_column_text(statement.handle, column) else {
            throw mismatch(column, expected: "text", found: "nothing: out of memory")
        }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement.handle, column)))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw mismatch(column, expected: "text", found: "text that is not UTF-8")
        }
        return text
    }

    /// The string in `column`, or nil for NULL.
    package func optionalText(_ column: Int32) throws(SQLiteError) -> String? {
        try isNull(column) ? nil : text(column)
    }

    /// A copy of the bytes in `column`.
    package func blob(_ column: Int32) throws(SQLiteError) -> [UInt8] {
        [UInt8](try borrowedBlob(column))
    }

    /// A copy of the bytes in `column`, or nil for NULL.
    package func optionalBlob(_ column: Int32) throws(SQLiteError) -> [UInt8]? {
        try isNull(column) ? nil : blob(column)
    }

    /// The bytes in `column` in SQLite's memory: not copied, and valid only until the statement's next step.
    package func borrowedBlob(_ column: Int32) throws(SQLiteError) -> UnsafeRawBufferPointer {
        try require(SQLITE_BLOB, column)
        let start = sqlite3_column_blob(statement.handle, column)
        let count = Int(sqlite3_column_bytes(statement.handle, column))
        // An empty blob has no address.
        guard start != nil || count == 0 else {
            throw mismatch(column, expected: "a blob", found: "nothing: out of memory")
        }
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// Whether the row matches its checksum, according to its last column (``CheckedTable/isSound``).
    func isSound() throws(SQLiteError) -> Bool {
        try int64(sqlite3_data_count(statement.handle) - 1) == 1
    }

    /// Whether `column` is NULL.
    package func isNull(_ column: Int32) throws(SQLiteError) -> Bool {
        try type(column) == SQLITE_NULL
    }

    /// The error for a value in `column` with an unexpected type or no valid meaning.
    func mismatch(_ column: Int32, expected: String, found: String) -> SQLiteError {
        let name = sqlite3_column_name(statement.handle, column).map { String(cString: $0) } ?? "?"
        return SQLiteError(
            extendedCode: .mismatch,
            message: "column \(column) (\(name)) holds \(found), not \(expected)",
            sql: statement.sql
        )
    }

    private func require(_ expected: Int32, _ column: Int32) throws(SQLiteError) {
        let found = try type(column)
        guard found == expected else {
            throw mismatch(column, expected: Self.name(expected), found: Self.name(found))
        }
    }

    private func type(_ column: Int32) throws(SQLiteError) -> Int32 {
        // SQLite returns NULL for a column that does not exist.
        guard column >= 0, column < sqlite3_data_count(statement.handle) else {
            throw SQLiteError(
                extendedCode: .range,
                message: "there is no column \(column) in this row",
                sql: statement.sql
            )
        }
        return sqlite3_column_type(statement.handle, column)
    }

    private static func name(_ type: Int32) -> String {
        switch type {
        case SQLITE_INTEGER: "an integer"
        case SQLITE_FLOAT: "a floating-point number"
        case SQLITE_TEXT: "text"
        case SQLITE_BLOB: "a blob"
        default: "NULL"
        }
    }
}
