/// What removing images and entries asks of the table.
extension Entries {
    /// Those whose key begins with `prefix`, ordered by key and scope.
    ///
    /// - Parameter prefix: hex digits in lower case.
    package func find(prefix: String) throws -> [Entry] {
        // All that begin with it: `g` follows the last hex digit.
        try database.all(
            in: Self.table,
            "SELECT \(Self.columns) FROM entries WHERE key >= ?1 AND key < ?1 || 'g' ORDER BY key, scope",
            prefix,
            read: Self.entry
        )
    }

    /// Whether no one has used an entry after `?4`, which is an hour ago or more. A use more than a day ahead of now
    /// was noted with a clock that was wrong, and says nothing.
    private static let isUnused = "(last_used_at <= ?4 OR last_used_at > ?4 + 25 * 3600000)"

    /// Takes the promise of a local image back: the entry stays, with its age and with what the registry has.
    /// - Parameter unusedSince: only if no one has used it after that time, in milliseconds since 1970.
    /// - Returns: False if it was used, names another image by now, or is gone.
    package func releaseLocalImage(key: String, scope: String, id: String, unusedSince: Int64) throws -> Bool {
        try database.run(
            """
            UPDATE entries
            SET local_image_id = NULL, checksum = \(Self.table.sum(with: ["local_image_id": "NULL"]))
            WHERE key = ?1 AND scope = ?2 AND local_image_id = ?3 AND \(Self.isUnused) AND \(Self.table.isSound)
            """,
            key,
            scope,
            id,
            unusedSince
        )
        return database.changes > 0
    }

    /// Notes where the registry has the image, if the entry still promises the local image that was pushed.
    /// - Parameters:
    ///   - localImageID: `sha256:…`
    ///   - cacheImage: `<repository>:<tag>-<key>`
    ///   - registryDigest: `sha256:…`
    ///   - signature: the envelope, as JSON; nil where it is not signed
    package func recordSaved(
        key: String,
        scope: String,
        localImageID: String,
        cacheImage: String,
        registryDigest: String,
        signature: String? = nil
    ) throws {
        let sum = Self.table.sum(with: ["cache_image": "?4", "registry_digest": "?5", "signature": "?6"])
        try database.run(
            """
            UPDATE entries
            SET cache_image = ?4, registry_digest = ?5, signature = ?6, checksum = \(sum)
            WHERE key = ?1 AND scope = ?2 AND local_image_id = ?3 AND \(Self.table.isSound)
            """,
            key,
            scope,
            localImageID,
            cacheImage,
            registryDigest,
            signature
        )
    }

    /// Takes the promise of an image in the registry back.
    package func releaseCacheImage(key: String, scope: String, cacheImage: String) throws {
        let sum = Self.table.sum(with: ["cache_image": "NULL", "registry_digest": "NULL"])
        try database.run(
            """
            UPDATE entries
            SET cache_image = NULL, registry_digest = NULL, checksum = \(sum)
            WHERE key = ?1 AND scope = ?2 AND cache_image = ?3 AND \(Self.table.isSound)
            """,
            key,
            scope,
            cacheImage
        )
    }

    /// Removes the entry if it still is what it was when someone looked at it.
    /// - Parameters:
    ///   - builtAt: what it said then, in milliseconds since 1970.
    ///   - unusedSince: only if no one has used it after that time, in milliseconds since 1970.
    /// - Returns: False if it was used, stands for a newer image by now, or is gone.
    package func remove(key: String, scope: String, builtAt: Int64, unusedSince: Int64) throws -> Bool {
        try database.run(
            "DELETE FROM entries WHERE key = ?1 AND scope = ?2 AND built_at = ?3 AND \(Self.isUnused)",
            key,
            scope,
            builtAt,
            unusedSince
        )
        return database.changes > 0
    }

    /// Whether any entry promises the local image `id` for `key`.
    package func promises(key: String, localImageID id: String) throws -> Bool {
        let sql = "SELECT 1 FROM entries WHERE key = ?1 AND local_image_id = ?2 LIMIT 1"
        return try database.first(sql, key, id) { _ in true } ?? false
    }
}
