import ArgumentParser
import Buildkite
import Fingerprint
import Formatting
import Host
import Lookup
import PluginConfiguration
import Providers
import Statistics
import Store
import SystemPackage

/// `docker-cache inspect`: everything that the index knows about a key.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a key was made of, its entry, and its lookups.",
        discussion: """
            The first digits of the key are enough. The index keeps what a key was made of for \
            the last \(KeyRecords.kept) keys of each image in each pipeline. With --registry, \
            the registry is asked too: who built the image, and when.

            Examples:
              docker-cache inspect 4478c4ed
              docker-cache inspect 4478c4ed --format json
              docker-cache inspect 4478c4ed --registry --image my-app --provider ecr
            """
    )

    @Argument(help: "Key, or its first digits.")
    var key: String

    @OptionGroup var place: RegistryArguments<Inspection>
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            if let cache = try RegistrySession.configuration(place, surroundings) {
                return try await inspectRegistry(cache, surroundings)
            }
            try await common.withIndex(surroundings) { index in
                let inspection = try KeyInspection(of: key, index)
                try common.print(inspection.lines(now: surroundings.now()), json: inspection.report)
            }
        }
    }

    /// Queries the registry, and the index if there is one.
    private func inspectRegistry(_ cache: CacheConfiguration, _ surroundings: Surroundings) async throws {
        let prefix = try KeyPrefix(key)
        let index = common.openIndex(surroundings)
        try await RegistrySession.run(cache, index: index.opened?.path, surroundings) { cache, registry in
            let catalog = try await RegistryCatalog(cache, registry, prefix: prefix.digits)
            let known = try index.opened.map { index in
                try index.entries.find(prefix: prefix.digits).map(\.key)
                    + index.keyRecords.find(prefix: prefix.digits).map(\.key)
            }
            guard let key = try prefix.onlyKey(of: catalog.items.map(\.key) + (known ?? [])) else {
                throw KeyPrefixError.unknownInRegistry(self.key, repository: "\(registry.repository)")
            }
            var inspection: KeyInspection?
            if let index = index.opened, known?.isEmpty == false { inspection = try KeyInspection(of: key, index) }
            let now = surroundings.now()
            let there = CatalogLines(catalog: catalog, repository: "\(registry.repository)", now: now)
            try common.print(
                (inspection?.lines(now: now) ?? ["Key \(key)"]) + there.lines,
                json: RegistryInspection(
                    key: key,
                    registry: catalog.items.map { CatalogReport($0) },
                    index: inspection?.report
                )
            )
        }
    }

    /// The output of `--format json` with `--registry`. The version changes when a field changes its meaning or is
    /// removed.
    private struct RegistryInspection: Encodable {
        let version = 1
        let key: String
        let registry: [CatalogReport]
        /// Nil if the index does not know the key.
        let index: KeyInspection.Report?
    }
}

/// Everything that the index knows about one key.
struct KeyInspection {
    /// 40 hex digits.
    let key: String
    let entries: [Entry]
    /// What the key was computed from, with one record for each pipeline.
    let records: [StoredKeyRecord]
    /// The oldest first.
    let events: [Event]

    /// Throws ``KeyPrefixError`` unless the index knows exactly one key that begins with `given`.
    init(of given: String, _ index: Index) throws {
        let prefix = try KeyPrefix(given)
        let entries = try index.entries.find(prefix: prefix.digits)
        let records = try index.keyRecords.find(prefix: prefix.digits)
        guard let key = try prefix.onlyKey(of: entries.map(\.key) + records.map(\.key)) else {
            throw KeyPrefixError.unknown(given, index: index.path.string)
        }
        self.key = key
        self.entries = entries
        self.records = records
        let images = Set(entries.map(\.image) + records.map(\.image)).sorted()
        events = try images.flatMap { try index.events.all(key: key, image: $0) }.sorted { $0.at < $1.at }
    }

    /// Lines for a terminal.
    func lines(now: Int64) -> [String] {
        func ago(_ time: Int64) -> String { Quantity.age(time, now: now) }
        var lines = ["Key \(key)"]
        for entry in entries {
            lines += [
                "Entry \(entry.image) (\(entry.provider))",
                "  built      \(Timestamp.text(entry.builtAt)), \(ago(entry.builtAt))",
                "  last used  \(Timestamp.text(entry.lastUsedAt)), \(ago(entry.lastUsedAt))",
                "  hits       \(entry.hits)",
                "  where      \(EntryReport.location(entry))",
            ]
            if let size = entry.sizeBytes { lines.append("  size       \(Quantity.bytes(size))") }
            if let id = entry.localImageID { lines.append("  image id   \(id)") }
            if let cacheImage = entry.cacheImage { lines.append("  registry   \(cacheImage)") }
            if let digest = entry.registryDigest { lines.append("  digest     \(digest)") }
        }
        if entries.isEmpty { lines.append("No entry: no image is promised for it.") }
        for record in records {
            lines.append("Made of\(record.pipeline.map { ", in the pipeline \($0)" } ?? "")")
            lines += Self.components(record).map { "  \($0.name) \($0.digest)" }
        }
        lines.append(events.isEmpty ? "No lookups." : "Lookups")
        lines += events.map { event in
            let reason = event.reason.map { " (\($0.rawValue))" } ?? ""
            let failure = event.failure.map { ", \($0.rawValue)" } ?? ""
            let duration = event.milliseconds.total.map { ", \(Quantity.duration($0))" } ?? ""
            return "  \(Timestamp.text(event.at))  \(event.outcome.rawValue)\(reason)\(failure)\(duration)"
        }
        return lines
    }

    /// The output of `--format json`. The version changes when a field changes its meaning or is removed.
    struct Report: Encodable {
        let version = 1
        let key: String
        let entries: [EntryReport]
        let madeOf: [Composition]
        let events: [Lookup]
    }

    struct Composition: Encodable {
        let image: String
        let pipeline: String?
        let components: [Component]
    }

    struct Component: Encodable {
        let name: String
        /// The first digits of its SHA-256.
        let digest: String
    }

    struct Lookup: Encodable {
        /// Milliseconds since 1970.
        let at: Int64
        let outcome: String
        let reason, failure, pipeline, branch, build: String?
        let totalMilliseconds: Int64?
    }

    var report: Report {
        Report(
            key: key,
            entries: entries.map { EntryReport($0) },
            madeOf: records.map {
                Composition(image: $0.image, pipeline: $0.pipeline, components: Self.components($0))
            },
            events: events.map {
                Lookup(
                    at: $0.at,
                    outcome: $0.outcome.rawValue,
                    reason: $0.reason?.rawValue,
                    failure: $0.failure?.rawValue,
                    pipeline: $0.pipeline,
                    branch: $0.branch,
                    build: $0.build,
                    totalMilliseconds: $0.milliseconds.total
                )
            }
        )
    }

    /// Empty if the record has an unknown format.
    private static func components(_ record: StoredKeyRecord) -> [Component] {
        (KeyRecord(bytes: record.record)?.components ?? []).map { item in
            let digits = String(item.mark, radix: 16)
            return Component(
                name: String(decoding: item.name, as: UTF8.self),
                digest: String(repeating: "0", count: 16 - digits.utf8.count) + digits
            )
        }
    }
}
