/// The table `entries`: the image of each key.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct Entries {
    let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// The checksum leaves out the columns that a hit changes, so that a hit needs no new checksum.
    static let table = CheckedTable(
        name: "entries",
        columns: [
            "key", "scope", "image", "provider", "local_image_id", "cache_image", "registry_digest", "size_bytes",
            "built_at", "pipeline", "build_milliseconds",
        ],
        numbers: ["created_at", "last_used_at", "hits"],
        optionalTexts: ["signature"]
    )

    private static let saved = [
        "key", "scope", "image", "provider", "local_image_id", "cache_image", "registry_digest", "size_bytes",
        "built_at", "created_at", "last_used_at", "hits", "pipeline", "build_milliseconds", "signature",
    ]

    static let columns = "\(saved.joined(separator: ", ")), \(table.isSound)"

    private static let save =
        """
        \(table.insert(saved))
        ON CONFLICT (key, scope) DO UPDATE SET
            image = excluded.image,
            provider = excluded.provider,
            local_image_id = excluded.local_image_id,
            cache_image = excluded.cache_image,
            registry_digest = excluded.registry_digest,
            size_bytes = excluded.size_bytes,
            built_at = excluded.built_at,
            last_used_at = max(last_used_at, excluded.last_used_at),
            pipeline = excluded.pipeline,
            build_milliseconds = excluded.build_milliseconds,
            signature = excluded.signature,
            checksum = excluded.checksum
        """

    /// The entry for `key` in `scope`.
    package func find(key: String, scope: String) throws -> Entry? {
        try database.first(
            in: Self.table,
            "SELECT \(Self.columns) FROM entries WHERE key = ?1 AND scope = ?2",
            key,
            scope,
            read: Self.entry
        )
    }

    /// All entries, ordered by key and scope.
    package func all() throws -> [Entry] {
        try database.all(in: Self.table, "SELECT \(Self.columns) FROM entries ORDER BY key, scope", read: Self.entry)
    }

    /// Whether there are no entries, as on a host that has just started.
    package var isEmpty: Bool {
        get throws { try database.first("SELECT 1 FROM entries LIMIT 1") { _ in true } == nil }
    }

    /// The entry in `scope` with the image that was last built on this host; nil if there is none. Builds without an
    /// event that is still kept are not found.
    package func lastBuilt(scope: String) throws -> Entry? {
        try database.first(
            in: Self.table,
            """
            SELECT \(Self.columns) FROM entries
            WHERE scope = ?1 AND build_milliseconds IS NOT NULL AND EXISTS (
                SELECT 1 FROM events
                WHERE events.image = entries.image AND events.key = entries.key
                    AND events.build_milliseconds IS NOT NULL
            )
            ORDER BY built_at DESC
            LIMIT 1
            """,
            scope,
            read: Self.entry
        )
    }

    /// The number of entries, and the total size of their images in bytes. An image that several entries share is added
    /// once.
    package func size() throws -> (entries: Int64, bytes: Int64) {
        try database.first(
            """
            SELECT coalesce(sum(entries), 0), coalesce(sum(bytes), 0)
            FROM (
                SELECT count(*) AS entries, max(size_bytes) AS bytes
                FROM entries
                GROUP BY coalesce(local_image_id, key || ' ' || scope)
            )
            """
        ) { row in (entries: try row.int64(0), bytes: try row.int64(1)) } ?? (entries: 0, bytes: 0)
    }

    /// Saves `entry`, replacing the one with the same key and scope.
    ///
    /// An existing entry keeps its `createdAt` and `hits`, which cover its whole lifetime. `lastUsedAt` never
    /// decreases.
    package func save(_ entry: Entry) throws {
        try database.run(
            Self.save,
            entry.key,
            entry.scope,
            entry.image,
            entry.provider,
            entry.localImageID,
            entry.cacheImage,
            entry.registryDigest,
            entry.sizeBytes,
            entry.builtAt,
            entry.createdAt,
            entry.lastUsedAt,
            entry.hits,
            entry.pipeline,
            entry.buildMilliseconds,
            entry.signature
        )
    }

    /// Records a hit on the entry, if it exists and still refers to the local image that was found.
    ///
    /// A lookup may use the image only if this returns true. Before gc removes an image, it clears the entry's
    /// reference to it, and it does not do so for an image that was used recently.
    /// - Parameters:
    ///   - localImageID: `sha256:…`; nil for a hit that needs no local image.
    ///   - now: milliseconds since 1970.
    @discardableResult
    package func recordUse(key: String, scope: String, localImageID: String? = nil, now: Int64) throws -> Bool {
        try database.run(
            """
            UPDATE entries
            SET hits = hits + 1, last_used_at = max(last_used_at, ?3)
            WHERE key = ?1 AND scope = ?2 AND (?4 IS NULL OR local_image_id = ?4)
            """,
            key,
            scope,
            now,
            localImageID
        )
        return database.changes > 0
    }

    /// Removes the entry. Returns false if there was none.
    @discardableResult
    package func remove(key: String, scope: String) throws -> Bool {
        try database.run("DELETE FROM entries WHERE key = ?1 AND scope = ?2", key, scope)
        return database.changes > 0
    }

    static func entry(_ row: Row) throws -> Entry {
        Entry(
            key: try row.text(0),
            scope: try row.text(1),
            image: try row.text(2),
            provider: try row.text(3),
            localImageID: try row.optionalText(4),
            cacheImage: try row.optionalText(5),
            registryDigest: try row.optionalText(6),
            sizeBytes: try row.optionalInt64(7),
            builtAt: try row.int64(8),
            createdAt: try row.int64(9),
            lastUsedAt: try row.int64(10),
            hits: try row.int64(11),
            pipeline: try row.optionalText(12),
            buildMilliseconds: try row.optionalInt64(13),
            signature: try row.optionalText(14)
        )
    }
}

/// A row of the index that records the image of a key.
package struct Entry: Equatable, Sendable {
    /// 40 hex digits.
    package var key: String
    /// Names provider, repository, tag and image; opaque to the index.
    package var scope: String
    /// The image's name, without a tag.
    package var image: String
    /// The provider that saved it.
    package var provider: String
    /// The id in the agent's Docker daemon (`sha256:…`).
    package var localImageID: String?
    /// The image in the registry: `<repository>:<tag>-<key>`.
    package var cacheImage: String?
    /// The digest of its manifest in the registry (`sha256:…`).
    package var registryDigest: String?
    /// The size of the image, in bytes.
    package var sizeBytes: Int64?
    /// When the image was built, in milliseconds since 1970. Its age is measured from this time.
    package var builtAt: Int64
    /// When the entry was first saved, in milliseconds since 1970.
    package var createdAt: Int64
    /// When a lookup last used the image, in milliseconds since 1970.
    package var lastUsedAt: Int64
    /// How often a lookup used the image without building it.
    package var hits: Int64
    /// The pipeline that saved it.
    package var pipeline: String?
    /// How long the build took, in milliseconds: the time that a hit saves.
    package var buildMilliseconds: Int64?
    /// The signed envelope about the image in the registry, as JSON; nil if there is none.
    package var signature: String?

    package init(
        key: String,
        scope: String,
        image: String,
        provider: String,
        localImageID: String? = nil,
        cacheImage: String? = nil,
        registryDigest: String? = nil,
        sizeBytes: Int64? = nil,
        builtAt: Int64,
        createdAt: Int64,
        lastUsedAt: Int64,
        hits: Int64 = 0,
        pipeline: String? = nil,
        buildMilliseconds: Int64? = nil,
        signature: String? = nil
    ) {
        self.key = key
        self.scope = scope
        self.image = image
        self.provider = provider
        self.localImageID = localImageID
        self.cacheImage = cacheImage
        self.registryDigest = registryDigest
        self.sizeBytes = sizeBytes
        self.builtAt = builtAt
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.hits = hits
        self.pipeline = pipeline
        self.buildMilliseconds = buildMilliseconds
        self.signature = signature
    }
}
