/// The table `logins`: how long logins to registries last.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct Logins {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    private static let columns = ["host", "configuration", "identity", "ends_at"]
    static let table = CheckedTable(name: "logins", columns: columns)

    /// A remembered login.
    package struct Login: Equatable, Sendable {
        /// Identifies the login's owner, in the provider's format; never a secret.
        package var identity: String
        /// The end of the login, in milliseconds since 1970.
        package var endsAt: Int64

        package init(identity: String, endsAt: Int64) {
            self.identity = identity
            self.endsAt = endsAt
        }
    }

    /// The last login to a registry, even if it has ended.
    /// - Parameters:
    ///   - host: `host[:port]`.
    ///   - configuration: the directory in which Docker keeps the login.
    package func find(host: String, configuration: String) throws -> Login? {
        try database.first(
            in: Self.table,
            "SELECT identity, ends_at, \(Self.table.isSound) FROM logins WHERE host = ?1 AND configuration = ?2",
            host,
            configuration
        ) { row in Login(identity: try row.text(0), endsAt: try row.int64(1)) }
    }

    /// Saves a login, replacing the one to the same registry.
    package func save(_ login: Login, host: String, configuration: String) throws {
        try database.run(
            """
            \(Self.table.insert(Self.columns))
            ON CONFLICT (host, configuration) DO UPDATE SET
                identity = excluded.identity,
                ends_at = excluded.ends_at,
                checksum = excluded.checksum
            """,
            host,
            configuration,
            login.identity,
            login.endsAt
        )
    }

    /// Removes the login to a registry.
    package func remove(host: String, configuration: String) throws {
        try database.run("DELETE FROM logins WHERE host = ?1 AND configuration = ?2", host, configuration)
    }
}
