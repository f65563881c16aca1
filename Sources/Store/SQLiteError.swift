internal import CSQLite
internal import CLibrary

/// An error from SQLite, with the SQL that caused it.
///
/// Reading a column as the wrong type is reported in the same way, with the code ``ResultCode/mismatch``.
package struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The code with its extension, which distinguishes for example a full disk from a failed `fsync`.
    package let extendedCode: ResultCode
    /// SQLite's own message.
    package let message: String
    /// The SQL that was run; nil if there was none, as when opening a file.
    package let sql: String?
    /// The `errno` behind an I/O error; 0 if there is none.
    package let systemErrno: Int32

    package init(extendedCode: ResultCode, message: String, sql: String? = nil, systemErrno: Int32 = 0) {
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
        self.systemErrno = systemErrno
    }

    /// The error that `connection` reports for its last call, which returned `code`.
    init(code: Int32, connection: OpaquePointer?, sql: String? = nil) {
        // Most calls return the extended code themselves. `sqlite3_extended_errcode` may already refer to a later call.
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

    /// Whether the file itself is damaged, rather than locked, full or inaccessible.
    package var isDamage: Bool {
        code == .corrupt || code == .notADatabase
    }

    /// Whether the file could not be written, now or permanently, although it may be readable.
    var isObstacleToWriting: Bool {
        switch code {
        case .busy, .readOnly, .full: true
        case .ioError: systemErrno == ENOSPC || systemErrno == EDQUOT || systemErrno == EROFS
        default: false
        }
    }

    package var description: String {
        // The schema has a hundred lines. The first line identifies the statement.
        let lines = sql?.split(whereSeparator: \.isNewline) ?? []
        let statement = lines.first.map { " in: \($0)\(lines.count > 1 ? " …" : "")" } ?? ""
        return "SQLite error \(extendedCode.rawValue): \(message)\(statement)"
    }
}

/// A result code of SQLite, primary or extended (https://sqlite.org/rescode.html).
///
/// Matched with `~=`: a primary code matches itself and all its extended codes, an extended code only itself.
package struct ResultCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Success, without a row.
    package static let ok = ResultCode(rawValue: SQLITE_OK)
    /// A generic error: the SQL is wrong, a table is missing.
    package static let error = ResultCode(rawValue: SQLITE_ERROR)
    /// Another connection held the lock for longer than the busy timeout.
    package static let busy = ResultCode(rawValue: SQLITE_BUSY)
    /// The file cannot be written.
    package static let readOnly = ResultCode(rawValue: SQLITE_READONLY)
    /// The operating system failed to read or write.
    package static let ioError = ResultCode(rawValue: SQLITE_IOERR)
    /// The file is damaged.
    package static let corrupt = ResultCode(rawValue: SQLITE_CORRUPT)
    /// The disk is full.
    package static let full = ResultCode(rawValue: SQLITE_FULL)
    /// The file, or one beside it, cannot be opened.
    package static let cannotOpen = ResultCode(rawValue: SQLITE_CANTOPEN)
    /// A constraint of the schema was broken.
    package static let constraint = ResultCode(rawValue: SQLITE_CONSTRAINT)
    /// A value does not have the requested type.
    package static let mismatch = ResultCode(rawValue: SQLITE_MISMATCH)
    /// The library was called in an invalid way.
    package static let misuse = ResultCode(rawValue: SQLITE_MISUSE)
    /// A parameter or column that the statement does not have.
    package static let range = ResultCode(rawValue: SQLITE_RANGE)
    /// The file is not a SQLite database.
    package static let notADatabase = ResultCode(rawValue: SQLITE_NOTADB)

    /// The code without its extension: the low eight bits.
    package var primary: ResultCode {
        ResultCode(rawValue: rawValue & 0xFF)
    }

    /// Whether `code` is `pattern` or one of its extended codes.
    package static func ~= (pattern: ResultCode, code: ResultCode) -> Bool {
        pattern == code || (pattern == pattern.primary && pattern == code.primary)
    }

    /// For `catch ResultCode.busy`: whether `error` is a ``SQLiteError`` with this code.
    package static func ~= (pattern: ResultCode, error: any Error) -> Bool {
        guard let error = error as? SQLiteError else {
            return false
        }
        return pattern ~= error.extendedCode
    }
}
