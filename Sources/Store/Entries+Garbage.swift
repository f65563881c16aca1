/// Queries and changes for removing images and entries.
extension Entries {
    /// The entries with a key that begins with `prefix`, ordered by key and scope.
    ///
    /// - Parameter prefix: hex digits in lower case.
    package func find(prefix: String) throws -> [Entry] {
        // All keys that begin with `prefix`: `g` follows the last hex digit.
        try database.all(
            in: Self.table,
            "SELECT \(Self.columns) FROM entries WHERE key >= ?1 AND key < ?1 || 'g' ORDER BY key, scope",
            prefix,
            read: Self.entry
        )
    }

    /// Whether an entry has not been used since `?4`, which is at least an hour ago. A use that is more than a day
    /// ahead of now was recorded with a wrong clock, and is ignored.
    private static let isUnused = "(last_used_at <= ?4 OR last_used_at > ?4 + 25 * 3600000)"

    /// Clears the entry's local image. The entry stays, with its age and its image in the registry.
    /// - Parameter unusedSince: release only an entry that has not been used after this time, in milliseconds since
    ///   1970.
    /// - Returns: False if the entry was used, refers to a different image by now, or is gone.
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

    /// Records where the registry has the image, if the entry still refers to the local image that was pushed.
    /// - Parameters:
    ///   - localImageID: `sha256:…`
    ///   - cacheImage: `<repository>:<tag>-<key>`
    ///   - registryDigest: `sha256:…`
    ///   - signature: the envelope, as JSON; nil if the image is not signed
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

    /// Clears the entry's image in the registry, if it is still `cacheImage`.
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

    /// Removes the entry if it has not changed since it was read.
    /// - Parameters:
    ///   - builtAt: the build time that was read, in milliseconds since 1970.
    ///   - unusedSince: remove only an entry that has not been used after this time, in milliseconds since 1970.
    /// - Returns: False if the entry was used, refers to a newer image by now, or is gone.
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

    /// Whether any entry refers to the local image `id` for `key`.
    package func promises(key: String, localImageID id: String) throws -> Bool {
        let sql = "SELECT 1 FROM entries WHERE key = ?1 AND local_image_id = ?2 LIMIT 1"
        return try database.first(sql, key, id) { _ in true } ?? false
    }
}
