internal import CSQLite

/// What SQLite refused to do, and the SQL it was asked to run.
///
/// Reading a column as what it is not is reported in the same way, with the code ``ResultCode/mismatch``.
package struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The code with its extension, which tells for example a full disk from a failed `fsync`.
    package let extendedCode: ResultCode
    /// SQLite's own message.
    package let message: String
    /// The SQL that was run; nil where there was none, as in opening a file.
    package let sql: String?
    /// The `errno` behind an I/O error; 0 where there is none.
    package let systemErrno: Int32

    package init(extendedCode: ResultCode, message: String, sql: String? = nil, systemErrno: Int32 = 0) {
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
        self.systemErrno = systemErrno
    }

    /// The error that `connection` reports for its last call, which returned `code`.
    init(code: Int32, connection: OpaquePointer?, sql: String? = nil) {
        // Most calls return the extended code by themselves; `sqlite3_extended_errcode` may already speak of a later
        // one.
        extendedCode = ResultCode(rawValue: code)
        self.sql = sql
        if let connection {
            message = String(cString: sqlite3_errmsg(connection))
            systemErrno = sqlite3_system_errno(connection)
        } else {
            message = String(cString: sqlite3_errstr(code))
            systemErrno = 0
        }
    }

    /// The code without its extension.
    package var code: ResultCode {
        extendedCode.primary
    }

    /// Whether the file itself is broken, as opposed to locked, full or out of reach.
    package var isDamage: Bool {
        code == .corrupt || code == .notADatabase
    }

    package var description: String {
        // The schema has a hundred lines; the first says which statement it is.
        let lines = sql?.split(whereSeparator: \.isNewline) ?? []
        let statement = lines.first.map { " in: \($0)\(lines.count > 1 ? " …" : "")" } ?? ""
        return "SQLite error \(extendedCode.rawValue): \(message)\(statement)"
    }
}
