internal import CSQLite
internal import CLibrary

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

    /// Whether the file could not be written, now or ever, though it may well be read.
    var isObstacleToWriting: Bool {
        switch code {
        case .busy, .readOnly, .full: true
        case .ioError: systemErrno == ENOSPC || systemErrno == EDQUOT || systemErrno == EROFS
        default: false
        }
    }

    package var description: String {
        // The schema has a hundred lines; the first says which statement it is.
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
    /// Someone else held the lock for longer than the busy timeout.
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
    /// A value has another type than the one asked for.
    package static let mismatch = ResultCode(rawValue: SQLITE_MISMATCH)
    /// The library was called in a way it does not allow.
    package static let misuse = ResultCode(rawValue: SQLITE_MISUSE)
    /// A parameter or column that the statement does not have.
    package static let range = ResultCode(rawValue: SQLITE_RANGE)
    /// The file is no SQLite database.
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
