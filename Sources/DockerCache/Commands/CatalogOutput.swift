import Formatting
import Images
import Lookup

/// The images in a registry, for a terminal.
struct CatalogTable {
    let items: [RegistryCatalog.Item]
    /// Milliseconds since 1970.
    let now: Int64
    let showsWholeKeys: Bool

    var lines: some RandomAccessCollection<String> {
        let length = showsWholeKeys ? 40 : EntryTable.prefixLength(items.map(\.key).sorted())
        var rows = [["KEY", "BUILT", "TOOK", "SIZE", "BUILT BY", "TAG"]]
        rows += items.map { item in
            [
                String(item.key.prefix(length)), item.builtAt.map { Quantity.age($0, now: now) } ?? "-",
                item.record?.buildMilliseconds.map(Quantity.duration) ?? "-", item.bytes.map(Quantity.bytes) ?? "-",
                item.record?.builtBy ?? "-", item.tag,
            ]
        }
        return PlainText.columns(rows, gap: 3, alignment: .left)
    }
}

/// The images in a registry with one key, for a terminal.
struct CatalogLines {
    let catalog: RegistryCatalog
    let repository: String
    /// Milliseconds since 1970.
    let now: Int64

    var lines: [String] {
        guard !catalog.items.isEmpty else { return ["The registry has no image of it under \(repository)."] }
        return catalog.items.flatMap { item in
            var lines = ["In the registry \(repository):\(item.tag)", "  digest     \(item.digest)"]
            if let time = item.builtAt {
                lines.append("  built      \(Timestamp.text(time)), \(Quantity.age(time, now: now))")
            }
            if let size = item.bytes { lines.append("  size       \(Quantity.bytes(size)), packed") }
            guard let record = item.record else { return lines + ["  record     none: who built it is not known"] }
            lines.append("  built by   \(record.builtBy ?? "a lookup outside of Buildkite")")
            if let commit = record.commit { lines.append("  commit     \(commit)") }
            if let time = record.buildMilliseconds { lines.append("  took       \(Quantity.duration(time))") }
            return lines + ["  platform   \(record.platform)"]
        }
    }
}

/// An image in the registry as `--format json` prints it. Times are milliseconds since 1970, sizes bytes.
struct CatalogReport: Encodable {
    let tag, key, digest: String
    let builtAt, buildMilliseconds, sizeBytes: Int64?
    let platform, pipeline, branch, commit, build: String?

    init(_ item: RegistryCatalog.Item) {
        tag = item.tag
        key = item.key
        digest = item.digest.description
        builtAt = item.builtAt
        buildMilliseconds = item.record?.buildMilliseconds
        sizeBytes = item.bytes
        platform = item.record?.platform
        pipeline = item.record?.pipeline
        branch = item.record?.branch
        commit = item.record?.commit
        build = item.record?.build
    }
}
