import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct DatabaseTests {
    private func withDatabase<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            let database = try Database(at: directory.appending("test.db"), access: .create)
            try database.execute("CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB) STRICT")
            return try body(database)
        }
    }

    @Test(arguments: [(Int64.min, Int64(-1) << 53), (Int64.max, Int64(1) << 53)])
    func aNumberThatCannotBeMeantLeavesRoomForArithmetic(stored: Int64, read: Int64) throws {
        try withDatabase { database in
            try database.run("INSERT INTO t VALUES (?1, NULL, NULL, NULL)", stored)
            #expect(try database.first("SELECT i FROM t") { row throws in try row.int64(0) } == read)
        }
    }

    @Test(arguments: [
        (Int64(-1) << 53, -0.5, "", [UInt8]()),
        (Int64(1) << 53, 1e300, "a\0b", [0, 1, 255]),
        (0, 0.25, "ü 🐳 it's", [UInt8](repeating: 7, count: 100_000)),
    ])
    func everyValueComesBackAsItWasBound(_ values: (integer: Int64, real: Double, text: String, blob: [UInt8])) throws {
        try withDatabase { database in
            try database.run(
                "INSERT INTO t VALUES (?1, ?2, ?3, ?4)",
                values.integer,
                values.real,
                values.text,
                values.blob
            )
            let found = try database.first("SELECT i, r, s, b FROM t") { row throws in
                #expect(try row.int64(0) == values.integer)
                #expect(try row.double(1) == values.real)
                #expect(try row.text(2) == values.text)
                #expect(try row.blob(3) == values.blob)
                #expect(try Array(row.borrowedBlob(3)) == values.blob)
                #expect(try row.optionalInt64(0) == values.integer)
                #expect(try row.optionalDouble(1) == values.real)
                #expect(try row.optionalText(2) == values.text)
                #expect(try row.optionalBlob(3) == values.blob)
                return true
            }
            #expect(found == true)
        }
    }

    @Test func nullIsNilWhereItMayBeAndAnErrorWhereItMayNot() throws {
        try withDatabase { database in
            let missing: String? = nil
            try database.run("INSERT INTO t VALUES (?1, ?2, ?3, ?4)", nil, nil, missing, nil)
            _ = try database.first("SELECT i, r, s, b FROM t") { row throws in
                #expect(try row.optionalInt64(0) == nil)
                #expect(try row.optionalDouble(1) == nil)
                #expect(try row.optionalText(2) == nil)
                #expect(try row.optionalBlob(3) == nil)
                expectMismatch("column 0 (i) holds NULL, not an integer") { try row.int64(0) }
                expectMismatch("column 1 (r) holds NULL, not a floating-point number") { try row.double(1) }
                expectMismatch("column 2 (s) holds NULL, not text") { try row.text(2) }
                expectMismatch("column 3 (b) holds NULL, not a blob") { try row.blob(3) }
                expectMismatch("column 3 (b) holds NULL, not a blob") { try row.borrowedBlob(3) }
            }
        }
    }

    @Test func aValueOfAnotherTypeIsAnErrorAndNotConverted() throws {
        try withDatabase { database in
            _ = try database.first("SELECT '12e3' AS a, 7 AS b, x'00' AS c, 1.5 AS d, CAST(x'ff' AS TEXT) AS e") {
                row in
                expectMismatch("column 0 (a) holds text, not an integer") { try row.int64(0) }
                expectMismatch("column 0 (a) holds text, not an integer") { try row.optionalInt64(0) }
                expectMismatch("column 1 (b) holds an integer, not text") { try row.text(1) }
                expectMismatch("column 1 (b) holds an integer, not a floating-point number") { try row.double(1) }
                expectMismatch("column 2 (c) holds a blob, not text") { try row.optionalText(2) }
                expectMismatch("column 3 (d) holds a floating-point number, not an integer") { try row.int64(3) }
                expectMismatch("column 4 (e) holds text that is not UTF-8, not text") { try row.text(4) }
            }
        }
    }

    private func expectMismatch<Value>(_ message: String, _ read: () throws -> Value) {
        do {
            _ = try read()
            Issue.record("no error: \(message)")
        } catch let error where ResultCode.mismatch ~= error {
            #expect((error as? SQLiteError)?.message == message)
        } catch {
            Issue.record(error)
        }
    }

    @Test(arguments: [Int32(-1), 1, 100])
    func aColumnThatIsNotThereIsAnErrorAndNotNull(column: Int32) throws {
        try withDatabase { database in
            _ = try database.first("SELECT 1") { row throws in
                #expect(throws: SQLiteError.self) { try row.optionalInt64(column) }
            }
        }
    }

    @Test func tooFewOrTooManyValuesAreAnError() throws {
        try withDatabase { database in
            for values: [(any SQLiteBindable)?] in [[], [Int64(1)], [Int64(1), nil, nil]] {
                #expect(throws: SQLiteError.self) {
                    try database.withStatement("SELECT ?1, ?2") { statement in try statement.bind(values) }
                }
            }
        }
    }

    @Test func whatABodyThrowsRollsTheTransactionBack() throws {
        struct Stop: Error {}
        try withDatabase { database in
            #expect(throws: Stop.self) {
                try database.immediateTransaction {
                    try database.run("INSERT INTO t (i) VALUES (1)")
                    throw Stop()
                }
            }
            #expect(try database.all("SELECT i FROM t") { row in try row.int64(0) } == [])
            // The next transaction does not run inside a leftover one.
            try database.immediateTransaction { try database.run("INSERT INTO t (i) VALUES (2)") }
            #expect(try database.all("SELECT i FROM t") { row in try row.int64(0) } == [2])
        }
    }

    @Test func aStatementThatFailedCanBeRunAgain() throws {
        try withDatabase { database in
            try database.execute("CREATE UNIQUE INDEX u ON t (i)")
            let insert = "INSERT INTO t (i) VALUES (?1)"
            try database.run(insert, Int64(1))
            for _ in 1...2 {
                #expect(throws: SQLiteError.self) { try database.run(insert, Int64(1)) }
            }
            try database.run(insert, Int64(2))
            #expect(try database.all("SELECT i FROM t ORDER BY i") { row in try row.int64(0) } == [1, 2])
        }
    }

    @Test func aQueryMayRunInsideItself() throws {
        try withDatabase { database in
            try database.execute("INSERT INTO t (i) VALUES (1), (2)")
            let query = "SELECT i FROM t ORDER BY i"
            let pairs = try database.all(query) { outer in
                let left = try outer.int64(0)
                return try database.all(query) { inner in [left, try inner.int64(0)] }
            }
            #expect(pairs == [[[1, 1], [1, 2]], [[2, 1], [2, 2]]])
        }
    }

    @Test func anErrorKeepsItsExtendedCodeAndItsSQL() throws {
        try withDatabase { database in
            try database.execute("CREATE UNIQUE INDEX u ON t (i); INSERT INTO t (i) VALUES (1)")
            do {
                try database.run("INSERT INTO t (i) VALUES (?1)", Int64(1))
                Issue.record("no error")
            } catch let error as SQLiteError {
                #expect(error.code == .constraint)
                #expect(error.extendedCode == ResultCode(rawValue: 2067))
                #expect(
                    error.description
                        == "SQLite error 2067: UNIQUE constraint failed: t.i in: INSERT INTO t (i) VALUES (?1)"
                )
            }
        }
    }

    @Test(arguments: [
        (ResultCode.busy, Int32(5), true),
        (.busy, 261, true),
        (.busy, 517, true),
        (.busy, 6, false),
        (ResultCode(rawValue: 261), 261, true),
        (ResultCode(rawValue: 261), 5, false),
        (ResultCode(rawValue: 261), 517, false),
    ])
    func aPrimaryCodeMatchesItsExtendedCodes(pattern: ResultCode, code: Int32, matches: Bool) {
        let error: any Error = SQLiteError(extendedCode: ResultCode(rawValue: code), message: "")
        #expect((pattern ~= error) == matches)
    }

    @Test(arguments: [":memory:", "file:x.db?mode=memory", "a b?c#d.db"])
    func everyPathIsTheNameOfAFile(name: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending(name)
            try Database(at: path, access: .create).execute("CREATE TABLE t (i INTEGER) STRICT")
            #expect(exists(path))
        }
    }

    @Test func aLockHeldBeyondTheTimeoutIsBusy() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("test.db")
            let holder = try Database(at: path, access: .create)
            let other = try Database(at: path, busyTimeoutMilliseconds: 0)
            try holder.immediateTransaction {
                do {
                    try other.immediateTransaction {}
                    Issue.record("no error")
                } catch ResultCode.busy {
                    // Expected.
                }
            }
            try other.immediateTransaction {}
        }
    }
}
