internal import Crypto

/// One step of the schema: a file in `migrations/`, embedded in the binary.
struct Migration: Sendable {
    /// 1, 2, 3 … without gaps.
    let number: Int64
    /// The file's name without number and suffix.
    let name: String
    /// The file's bytes.
    let sql: [UInt8]

    /// The SHA-256 of ``sql``. Once applied anywhere, a migration must not change.
    var checksum: [UInt8] {
        Array(SHA256.hash(data: sql))
    }

    /// All migrations, in order. A new file in `migrations/` gets its line here. The embedding puts `_` in place of
    /// the first digit of a name.
    static let all: [Migration] = [
        Migration(number: 1, name: "index", sql: PackageResources._001_index_sql),
        Migration(number: 2, name: "keys", sql: PackageResources._002_keys_sql),
        Migration(number: 3, name: "providers", sql: PackageResources._003_providers_sql),
        Migration(number: 4, name: "statistics", sql: PackageResources._004_statistics_sql),
        Migration(number: 5, name: "outcomes", sql: PackageResources._005_outcomes_sql),
    ]
}
