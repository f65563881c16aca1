internal import CSQLite

/// A 64-bit checksum that detects damaged rows and blobs. It does not protect against malice: anyone who can write to
/// the index can do anything.
///
/// Each added value is framed by its length or type, so that `ab`, `c` and `a`, `bc` differ.
package struct Checksum {
    /// The checksum of everything added so far, in order.
    package private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init() {}

    package mutating func add(_ word: UInt64) {
        value = Self.mix(value, word)
    }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var sum = Self.mix(value, UInt64(bytes.count))
        var position = 0
        while position + 8 <= bytes.count {
            sum = Self.mix(sum, bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian)
            position += 8
        }
        var rest: UInt64 = 0
        while position < bytes.count {
            rest = rest << 8 | UInt64(bytes[position])
            position += 1
        }
        value = Self.mix(sum, rest)
    }

    // Both steps are reversible, so two inputs that differ in one word never have the same checksum.
    private static func mix(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        let product = (sum ^ word) &* 0xD6E8_FEB8_6659_FD93
        return product ^ (product >> 32)
    }
}

extension Checksum {
    /// The name of the SQL function, which takes any number of values.
    static let function = "row_checksum"

    /// Makes ``function`` available to SQL on `connection`.
    static func register(on connection: OpaquePointer) throws(SQLiteError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
        let code = sqlite3_create_function_v2(
            connection,
            function,
            -1,
            flags,
            nil,
            { context, count, values in
                let arguments = UnsafeBufferPointer(start: values, count: Int(count))
                sqlite3_result_int64(context, Int64(bitPattern: Checksum.of(arguments)))
            },
            nil,
            nil,
            nil
        )
        guard code == SQLITE_OK else { throw SQLiteError(code: code, connection: connection) }
    }

    private static func of(_ values: UnsafeBufferPointer<OpaquePointer?>) -> UInt64 {
        var checksum = Checksum()
        for value in values {
            let type = sqlite3_value_type(value)
            checksum.add(UInt64(type))
            switch type {
            case SQLITE_INTEGER: checksum.add(UInt64(bitPattern: sqlite3_value_int64(value)))
            case SQLITE_FLOAT: checksum.add(sqlite3_value_double(value).bitPattern)
            case SQLITE_NULL: break
            default:
                // A string is added as its stored bytes.
                let start = sqlite3_value_blob(value)
                let count = start == nil ? 0 : Int(sqlite3_value_bytes(value))
                checksum.add(UnsafeRawBufferPointer(start: start, count: count))
            }
        }
        return checksum.value
    }
}
