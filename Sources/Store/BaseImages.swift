/// The table `base_images`: facts from the configurations of base images.
///
/// SQLite failures are thrown as ``SQLiteError``.
package struct BaseImages {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    private static let columns = ["reference", "platform", "learned_at", "digest", "has_triggers", "variables"]
    static let table = CheckedTable(name: "base_images", columns: columns)

    /// The record of the image that `reference` names on `platform`, however old.
    package func find(reference: String, platform: String) throws -> BaseImageRecord? {
        try database.first(
            in: Self.table,
            """
            SELECT \(Self.columns.joined(separator: ", ")), \(Self.table.isSound)
            FROM base_images
            WHERE reference = ?1 AND platform = ?2
            """,
            reference,
            platform
        ) { row in
            let variables = try row.text(5)
            return BaseImageRecord(
                reference: try row.text(0),
                platform: try row.text(1),
                learnedAt: try row.int64(2),
                digest: try row.optionalText(3),
                hasTriggers: try row.optionalInt64(4).map { $0 != 0 },
                variables: variables.split(separator: "\n").map(String.init)
            )
        }
    }

    /// Saves a record, replacing the one for the same reference and platform.
    package func save(_ record: BaseImageRecord) throws {
        try database.run(
            """
            \(Self.table.insert(Self.columns))
            ON CONFLICT (reference, platform) DO UPDATE SET
                learned_at = excluded.learned_at,
                digest = excluded.digest,
                has_triggers = excluded.has_triggers,
                variables = excluded.variables,
                checksum = excluded.checksum
            """,
            record.reference,
            record.platform,
            record.learnedAt,
            record.digest,
            record.hasTriggers.map { Int64($0 ? 1 : 0) },
            record.variables.joined(separator: "\n")
        )
    }
}

/// Remembered facts about a base image.
package struct BaseImageRecord: Equatable, Sendable {
    /// The image's name in the Dockerfile.
    package var reference: String
    /// The requested platform, such as `linux/amd64`.
    package var platform: String
    /// When the record was made, in milliseconds since 1970.
    package var learnedAt: Int64
    /// The digest that the registry had for the reference (`sha256:…`); nil if the daemon had the image.
    package var digest: String?
    /// Whether it has `ONBUILD` triggers; nil if neither daemon nor registry could be queried.
    package var hasTriggers: Bool?
    /// The names of the environment variables that it sets.
    package var variables: [String]

    package init(
        reference: String,
        platform: String,
        learnedAt: Int64,
        digest: String?,
        hasTriggers: Bool?,
        variables: [String]
    ) {
        self.reference = reference
        self.platform = platform
        self.learnedAt = learnedAt
        self.digest = digest
        self.hasTriggers = hasTriggers
        self.variables = variables
    }
}
