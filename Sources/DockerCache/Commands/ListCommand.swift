import ArgumentParser
import Buildkite
import Formatting
import Host
import Images
import Logging
import Lookup
import PluginConfiguration
import Providers
import Statistics
import Store
import SystemPackage

/// `docker-cache list`: the images in the index or in the registry.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the images in the index or in the registry.",
        usage: "docker-cache list [<options>]",
        discussion: """
            Each line has the image, the first digits of its key, its age, its size, when it \
            was last used, its number of hits, and where it is. All of it comes from the index.

            With --registry, it lists the images in the registry, the newest first: when each \
            was built, how long that took, and by which build.

            Examples:
              docker-cache list
              docker-cache list --image my-app --sort size
              docker-cache list --expired --format json
              docker-cache list --registry --image my-app --provider ecr
            """
    )

    /// The sort order. The most relevant entries come first.
    enum Order: String, CaseIterable {
        case age
        case size
        case used
        case hits
        case image
    }

    /// The options of this command alone.
    struct Own: ParsableArguments {
        @Option(
            help: """
                Sort order. age: newest first. size: largest first. used: last used first. hits: most hits first. \
                image: by name.
                """,
            completion: Choice<Order>.completion,
            transform: Choice.read
        )
        var sort: Order = .used

        @Flag(help: "Only entries older than 30 days, the default of max-age-days.")
        var expired = false

        @Flag(help: "Show whole keys.")
        var full = false
    }

    @OptionGroup(title: "List") var own: Own
    @OptionGroup var place: RegistryArguments<Listing>
    @OptionGroup(title: "Common") var common: CommonArguments

    func validate() throws {
        guard !place.registry || own.sort == .used || own.sort == .age else {
            throw ValidationError("--registry lists the newest image first. --sort is for the index only.")
        }
    }

    private var image: String? { place.text(OptionTable.image) }
    private var provider: String? { place.text(OptionTable.provider) }

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            if let cache = try RegistrySession.configuration(place, surroundings) {
                return try await listRegistry(cache, surroundings)
            }
            try await common.withIndex(surroundings) { index in
                let all = try index.entries.all()
                let now = surroundings.now()
                let chosen = chosen(all, now: now)
                try common.print(
                    EntryTable(all, showing: chosen, now: now, showsWholeKeys: own.full).lines,
                    object: JSONObject(values: [
                        // The version changes when a field changes its meaning or is removed.
                        "version": .single(1),
                        "entries": .list(count: chosen.count) { EntryReport(all[chosen[$0]]) },
                    ])
                )
            }
        }
    }

    /// Queries the registry. An index is useful but not required: it remembers logins.
    private func listRegistry(_ cache: CacheConfiguration, _ surroundings: Surroundings) async throws {
        let index = common.openIndex(surroundings)
        try await RegistrySession.run(cache, index: index.opened?.path, surroundings) { cache, registry in
            let catalog = try await RegistryCatalog(cache, registry) { done, all in
                if done.isMultiple(of: 100) { surroundings.log.notice("Looked at \(done) of \(all) tags.") }
            }
            let now = surroundings.now()
            let usual = CacheConfiguration.usualMaximumAge
            let items = catalog.items.filter { item in
                !own.expired || item.builtAt.map { ImageAge.isExpired(builtAt: $0, maximum: usual, now: now) } ?? false
            }
            guard !items.isEmpty || common.format == .json else {
                let what = own.expired ? "expired image" : "image"
                surroundings.log.notice(
                    "\(registry.repository) has no \(what) of \(cache.image) with the prefix \(cache.place.tag)."
                )
                return
            }
            try common.print(
                CatalogTable(items: items, now: now, showsWholeKeys: own.full).lines,
                object: JSONObject(values: [
                    // The version changes when a field changes its meaning or is removed.
                    "version": .single(1),
                    "repository": .single(registry.repository.description),
                    "images": .list(count: items.count) { CatalogReport(items[$0]) },
                ])
            )
        }
    }

    /// The positions of the entries that match the options, in the requested order.
    func chosen(_ entries: [Entry], now: Int64) -> [Int] {
        let usual = CacheConfiguration.usualMaximumAge
        return entries.indices.filter { index in
            (image == nil || entries[index].image == image)
                && (provider == nil || entries[index].provider == provider)
                && (!own.expired || ImageAge.isExpired(builtAt: entries[index].builtAt, maximum: usual, now: now))
        }.sorted { left, right in
            let (first, second): (Int64, Int64) =
                switch own.sort {
                case .age: (entries[left].builtAt, entries[right].builtAt)
                case .size: (entries[left].sizeBytes ?? 0, entries[right].sizeBytes ?? 0)
                case .used: (entries[left].lastUsedAt, entries[right].lastUsedAt)
                case .hits: (entries[left].hits, entries[right].hits)
                case .image: (0, 0)
                }
            if first != second { return first > second }
            if entries[left].image != entries[right].image { return entries[left].image < entries[right].image }
            return own.sort == .image
                ? entries[left].lastUsedAt > entries[right].lastUsedAt : entries[left].key < entries[right].key
        }
    }
}

/// Entries as a table for a terminal.
struct EntryTable {
    private let rows: [[String]]

    /// - Parameters:
    ///   - all: the entries among which the beginning of a key has to be unique
    ///   - shown: the positions of the entries in the table
    ///   - now: milliseconds since 1970
    init(_ all: [Entry], showing shown: [Int], now: Int64, showsWholeKeys: Bool) {
        let length = showsWholeKeys ? 40 : Self.prefixLength(all.lazy.map(\.key))
        var rows = [["IMAGE", "KEY", "BUILT", "SIZE", "LAST USED", "HITS", "WHERE"]]
        rows.reserveCapacity(shown.count + 1)
        for place in shown {
            let entry = all[place]
            rows.append([
                entry.image, String(entry.key.prefix(length)), Quantity.age(entry.builtAt, now: now),
                entry.sizeBytes.map(Quantity.bytes) ?? "-", Quantity.age(entry.lastUsedAt, now: now), "\(entry.hits)",
                EntryReport.location(entry),
            ])
        }
        self.rows = rows
    }

    var lines: some RandomAccessCollection<String> { PlainText.columns(rows, gap: 3, alignment: .left) }

    /// The number of digits that distinguish all keys: twelve, as in docker's ids, or more.
    ///
    /// - Parameter keys: sorted; may have duplicates
    static func prefixLength(_ keys: some Sequence<String>) -> Int {
        var length = 12
        var last: String?
        for key in keys {
            if let last, last != key { length = max(length, zip(last.utf8, key.utf8).prefix { $0 == $1 }.count + 1) }
            last = key
        }
        return min(length, 40)
    }
}

/// An entry as `--format json` prints it. Times are milliseconds since 1970, sizes bytes.
struct EntryReport: Encodable {
    let image, key, provider: String
    let pipeline: String?
    let builtAt, createdAt, lastUsedAt, hits: Int64
    let sizeBytes, buildMilliseconds: Int64?
    /// The id in the daemon of this agent, if the entry promises one.
    let localImageID: String?
    let cacheImage, registryDigest: String?
    /// `agent`, `registry`, `both` or `nowhere`.
    let location: String

    init(_ entry: Entry) {
        image = entry.image
        key = entry.key
        provider = entry.provider
        pipeline = entry.pipeline
        builtAt = entry.builtAt
        createdAt = entry.createdAt
        lastUsedAt = entry.lastUsedAt
        hits = entry.hits
        sizeBytes = entry.sizeBytes
        buildMilliseconds = entry.buildMilliseconds
        localImageID = entry.localImageID
        cacheImage = entry.cacheImage
        registryDigest = entry.registryDigest
        location = Self.location(entry)
    }

    /// The location of the image, according to the entry.
    static func location(_ entry: Entry) -> String {
        switch (entry.localImageID != nil, entry.cacheImage != nil) {
        case (true, true): "both"
        case (true, false): "agent"
        case (false, true): "registry"
        case (false, false): "nowhere"
        }
    }
}
