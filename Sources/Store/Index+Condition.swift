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

    /// Whether the file at `path` is, or was before it was damaged, an index: only then is it ours to change.
    package static func isShown(at path: FilePath) -> Bool { IndexEvidence.isShown(by: IndexFile(path: path)) }
}
