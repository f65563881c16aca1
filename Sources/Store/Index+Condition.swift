package import SystemPackage

extension Index {
    /// Inspects the index at `path` without creating, migrating or replacing it. Returns nil if there is none yet.
    ///
    /// Reads the whole file, which takes about a second for every few hundred megabytes.
    /// - Parameter busyTimeoutMilliseconds: how long to wait for another process's lock
    package static func condition(
        at path: FilePath,
        busyTimeoutMilliseconds: Int32 = Database.busyTimeoutMilliseconds
    ) throws(IndexError) -> IndexCondition? {
        let file = IndexFile(path: path)
        guard case .present = try file.presence() else { return nil }
        let opening = IndexOpening(
            file: file,
            schema: Schema(migrations: Migration.all),
            now: 0,
            timeoutMilliseconds: busyTimeoutMilliseconds
        )
        return try opening.condition()
    }

    /// Removes all rows that do not match their checksums, and returns their number. A lookup also removes those of a
    /// table when it meets one.
    package func dropDamagedRows() throws -> Int64 {
        var count: Int64 = 0
        for table in CheckedTable.all {
            try database.run("DELETE FROM \(table.name) WHERE NOT \(table.isSound)")
            count += database.changes
        }
        return count
    }

    /// The real path of the index at `path`, whether or not it exists. Links are followed, because SQLite puts its
    /// other files beside the real one.
    package static func location(of path: FilePath) -> FilePath { IndexFile(path: path).resolved }

    /// Whether the file at `path` is an index, or was one before it was damaged. Only then may this program change it.
    package static func isShown(at path: FilePath) -> Bool { IndexEvidence.isShown(by: IndexFile(path: path)) }
}

/// The condition of an index, which was inspected and left unchanged.
package struct IndexCondition: Equatable, Sendable {
    /// The number of the newest migration applied to it.
    package let version: Int64
    /// The number of the newest migration that this program knows.
    package let knownVersion: Int64
    /// The size on disk, including the log that has yet to be moved into the file.
    package let bytes: Int64
    /// SQLite's message if a check of the whole file found damage; otherwise nil.
    package let damage: String?
    /// When the newest of its images was built, in milliseconds since 1970; nil if there is none, or damage.
    package let newestBuild: Int64?
    /// Why it cannot be written; nil if it can.
    package let obstacle: String?
    /// The number of rows that do not match their checksums, among the first 20,000 of each table that has them.
    package let damagedRows: Int64

    package init(
        version: Int64,
        knownVersion: Int64,
        bytes: Int64,
        damage: String?,
        newestBuild: Int64? = nil,
        obstacle: String? = nil,
        damagedRows: Int64 = 0
    ) {
        self.version = version
        self.knownVersion = knownVersion
        self.bytes = bytes
        self.damage = damage
        self.newestBuild = newestBuild
        self.obstacle = obstacle
        self.damagedRows = damagedRows
    }
}
