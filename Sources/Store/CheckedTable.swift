/// A table with a checksum in each row. The checksum covers the columns that decide something, the table's name and the
/// columns that identify the row.
///
/// SQLite does not verify what it reads, and a flipped bit in a row could give a wrong image. When a query meets a row
/// that does not match its checksum, all such rows of the table are dropped. Every statement that changes a column in
/// ``columns`` sets the checksum. Every query for a row that decides something checks it.
///
/// A different list of columns needs a migration that recomputes the checksums.
struct CheckedTable: Sendable {
    let name: String
    /// The columns that the checksum covers, in this order.
    let columns: [String]
    /// The other columns that hold integers. Damage can change the type of a value, which no query could then read.
    var numbers: [String] = []
    /// The other columns that hold strings or NULL.
    var optionalTexts: [String] = []

    /// The checksum that a row should have, as a SQL expression over its columns.
    var sum: String { sum() }

    /// Like ``sum``, with the given SQL expressions instead of some columns.
    func sum(with changes: [String: String] = [:]) -> String {
        "\(Checksum.function)('\(name)', \(columns.map { changes[$0] ?? $0 }.joined(separator: ", ")))"
    }

    /// Whether a row is undamaged, as a SQL expression. It is the last column of every query that
    /// ``Database/first(in:_:_:read:)`` or ``Database/all(in:_:_:read:)`` runs.
    var isSound: String {
        let types =
            numbers.map { "typeof(\($0)) = 'integer'" } + optionalTexts.map { "typeof(\($0)) IN ('text', 'null')" }
        return "(\((["checksum IS \(sum)"] + types).joined(separator: " AND ")))"
    }

    /// The beginning of a statement that saves a row with its checksum. `columns` are its parameters, in this order. An
    /// `ON CONFLICT` clause can follow.
    func insert(_ columns: [String]) -> String {
        let names = columns.joined(separator: ", ")
        let parameters = columns.enumerated().map { "?\($0.offset + 1) AS \($0.element)" }
        // Without `WHERE true`, SQLite would read ON CONFLICT as the ON clause of a join.
        return """
            INSERT INTO \(name) (\(names), checksum)
            SELECT \(names), \(sum) FROM (SELECT \(parameters.joined(separator: ", "))) WHERE true
            """
    }
}

extension CheckedTable {
    static let all = [
        Entries.table, BaseImages.table, Executables.table, KeyRecords.table, Logins.table, ProviderAnswers.table,
        RemoteSources.table,
    ]
}

/// Rows that did not match their checksums.
struct DamagedRows: Equatable {
    let table: String
    let count: Int64
    /// False if the index could not be written. The rows were then skipped.
    let areDropped: Bool
}

extension Database {
    /// The first row of a query on `table` that ends with ``CheckedTable/isSound``, or nil if there is none. If that
    /// row is damaged, the damaged rows of the table are dropped and the query runs again. Returns nil if they cannot
    /// be dropped.
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
        // The query finds a row that DELETE does not: the row is not where its key belongs.
        guard left == 0 else {
            throw SQLiteError(extendedCode: .corrupt, message: "a row of \(table.name) is out of place", sql: sql)
        }
        return again
    }

    /// Removes all damaged rows of `table`. Returns false if the index cannot be written.
    private func drop(_ table: CheckedTable, atLeast damaged: Int64) throws -> Bool {
        do {
            try run("DELETE FROM \(table.name) WHERE NOT \(table.isSound)")
        } catch let error as SQLiteError where error.isObstacleToWriting {
            onDamagedRows?(DamagedRows(table: table.name, count: damaged, areDropped: false))
            return false
        }
        // Another process may have dropped and reported them first.
        if changes > 0 { onDamagedRows?(DamagedRows(table: table.name, count: changes, areDropped: true)) }
        return true
    }
}
