internal import CSQLite

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
    /// Somebody else held the lock for longer than the busy timeout.
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
