/// A table whose rows each have a checksum over the columns that decide something, and over the table and the columns
/// that say what the row is about.
///
/// SQLite does not check what it reads, and a flipped bit in a row could give a wrong image. A row that does not match
/// its checksum is dropped as soon as one is met, and all others of its table with it. Every statement that changes a
/// column among ``columns`` sets the checksum, and every one that reads a row which decides something checks it.
///
/// Another list of columns needs a migration that computes the checksums again.
struct CheckedTable: Sendable {
    let name: String
    /// What the checksum covers, in this order.
    let columns: [String]
    /// The other columns that hold whole numbers. Damage can make another type of one, which no query could read.
    var numbers: [String] = []
    /// The other columns that hold texts or nothing.
    var optionalTexts: [String] = []

    /// The checksum that a row should have, as SQL over its columns.
    var sum: String { sum() }

    /// As ``sum``, where some columns get other values, given as SQL.
    func sum(with changes: [String: String] = [:]) -> String {
        "\(Checksum.function)('\(name)', \(columns.map { changes[$0] ?? $0 }.joined(separator: ", ")))"
    }

    /// Whether a row is what was saved, as SQL: the last column of every query that is read with
    /// ``Database/first(in:_:_:read:)`` or ``Database/all(in:_:_:read:)``.
    var isSound: String {
        let types =
            numbers.map { "typeof(\($0)) = 'integer'" } + optionalTexts.map { "typeof(\($0)) IN ('text', 'null')" }
        return "(\((["checksum IS \(sum)"] + types).joined(separator: " AND ")))"
    }

    /// The beginning of a statement that saves a row with its checksum: `columns` are its parameters, in this order.
    /// What to do `ON CONFLICT` can follow.
    func insert(_ columns: [String]) -> String {
        let names = columns.joined(separator: ", ")
        let parameters = columns.enumerated().map { "?\($0.offset + 1) AS \($0.element)" }
        // Without the condition, SQLite would take ON CONFLICT for that of a join.
        return """
            INSERT INTO \(name) (\(names), checksum)
            SELECT \(names), \(sum) FROM (SELECT \(parameters.joined(separator: ", "))) WHERE true
            """
    }
}

extension CheckedTable {
    /// All there are.
    static let all = [
        Entries.table, BaseImages.table, Executables.table, KeyRecords.table, Logins.table, ProviderAnswers.table,
        RemoteSources.table,
    ]
}

/// Rows that did not match their checksums.
struct DamagedRows: Equatable {
    let table: String
    let count: Int64
    /// False where the index could not be written: then they were left out.
    let areDropped: Bool
}

extension Database {
    /// The first row of a query on `table` that ends with ``CheckedTable/isSound``, or nil if there is none. A damaged
    /// row is none; its table is cleaned, and the query asked once more.
    func first<Value>(
        in table: CheckedTable,
        _ sql: String,
        _ values: (any SQLiteBindable)?...,
        read: (Row) throws -> Value
    ) throws -> Value? {
        try sound(in: table, sql) { () -> (Value?, damaged: Int64) in
            try withStatement(sql) { statement in
                try statement.bind(values)
                guard try statement.step() else { return (nil, 0) }
                return try statement.row.isSound() ? (read(statement.row), 0) : (nil, 1)
            }
        }
    }

    /// All sound rows of a query on `table` that ends with ``CheckedTable/isSound``.
    func all<Value>(
        in table: CheckedTable,
        _ sql: String,
        _ values: (any SQLiteBindable)?...,
        read: (Row) throws -> Value
    ) throws -> [Value] {
        try sound(in: table, sql) { () -> ([Value], damaged: Int64) in
            try withStatement(sql) { statement in
                try statement.bind(values)
                var result: [Value] = []
                var damaged: Int64 = 0
                while try statement.step() {
                    if try statement.row.isSound() {
                        result.append(try read(statement.row))
                    } else {
                        damaged += 1
                    }
                }
                return (result, damaged)
            }
        }
    }

    private func sound<Value>(
        in table: CheckedTable,
        _ sql: String,
        _ query: () throws -> (Value, damaged: Int64)
    ) throws -> Value {
        let (found, damaged) = try query()
        guard damaged > 0 else { return found }
        guard try drop(table, atLeast: damaged) else { return found }
        let (again, left) = try query()
        // A row that a query finds and DELETE does not is not where its key belongs.
        guard left == 0 else {
            throw SQLiteError(extendedCode: .corrupt, message: "a row of \(table.name) is out of place", sql: sql)
        }
        return again
    }

    /// Removes all damaged rows of `table`. False if the index cannot be written.
    private func drop(_ table: CheckedTable, atLeast damaged: Int64) throws -> Bool {
        do {
            try run("DELETE FROM \(table.name) WHERE NOT \(table.isSound)")
        } catch let error as SQLiteError where error.isObstacleToWriting {
            onDamagedRows?(DamagedRows(table: table.name, count: damaged, areDropped: false))
            return false
        }
        // Another process may have been faster, and has said so.
        if changes > 0 { onDamagedRows?(DamagedRows(table: table.name, count: changes, areDropped: true)) }
        return true
    }
}
