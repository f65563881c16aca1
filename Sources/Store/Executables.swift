/// The table `executables`: facts learned by running an executable, such as its version.
///
/// State and facts are strings. Their writer defines the format. SQLite failures are thrown as ``SQLiteError``.
package struct Executables {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    private static let columns = ["path", "state", "facts"]
    static let table = CheckedTable(name: "executables", columns: columns)

    /// The facts about the executable, if it is still in the state in which they were learned.
    /// - Parameters:
    ///   - path: its absolute path.
    ///   - state: distinguishes the executable from any other that has been at the same path.
    package func find(path: [UInt8], state: String) throws -> String? {
        try database.first(
            in: Self.table,
            "SELECT facts, \(Self.table.isSound) FROM executables WHERE path = ?1 AND state = ?2",
            path,
            state
        ) { row in try row.text(0) }
    }

    /// Saves the facts, replacing those about any executable at that path.
    package func save(path: [UInt8], state: String, facts: String) throws {
        try database.run(
            """
            \(Self.table.insert(Self.columns))
            ON CONFLICT (path) DO UPDATE SET
                state = excluded.state,
                facts = excluded.facts,
                checksum = excluded.checksum
            """,
            path,
            state,
            facts
        )
    }
}
