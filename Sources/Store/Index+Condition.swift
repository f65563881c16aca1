package import SystemPackage

extension Index {
    /// Looks at the index at `path` without creating, migrating or replacing it. Nil if there is none yet.
    ///
    /// Reads the whole file, which takes a second or so for every few hundred megabytes.
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

    /// Removes all rows that do not match their checksums, and returns how many there were. Lookups do so as they meet
    /// one.
    package func dropDamagedRows() throws -> Int64 {
        var count: Int64 = 0
        for table in CheckedTable.all {
            try database.run("DELETE FROM \(table.name) WHERE NOT \(table.isSound)")
            count += database.changes
        }
        return count
    }

    /// Where the index at `path` really is, or would be: links are followed, and SQLite puts what belongs to the file
    /// beside it.
    package static func location(of path: FilePath) -> FilePath { IndexFile(path: path).resolved }

    /// Whether the file at `path` is, or was before it was damaged, an index: only then is it ours to change.
    package static func isShown(at path: FilePath) -> Bool { IndexEvidence.isShown(by: IndexFile(path: path)) }
}

/// What there is to say of an index that was looked at and left as it was.
package struct IndexCondition: Equatable, Sendable {
    /// The number of the newest migration that was applied to it.
    package let version: Int64
    /// The number that this program would bring it to.
    package let knownVersion: Int64
    /// On the disk, with what has yet to be moved from the log into the file.
    package let bytes: Int64
    /// What a check of the whole file found wrong, as SQLite puts it; nil where it found nothing.
    package let damage: String?
    /// When the newest of its images was built, in milliseconds since 1970; nil where there is none, or damage.
    package let newestBuild: Int64?
    /// Why it cannot be written; nil where it can.
    package let obstacle: String?
    /// How many of its rows do not match their checksums, of the first 20,000 of each table that has them.
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
