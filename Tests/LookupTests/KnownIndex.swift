import Docker
import Fingerprint
import Formatting
import FoundationEssentials
import Host
import Images
import Inputs
import Options
import PluginConfiguration
import Registry
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Lookup

/// The true state of some keys: the images that were built for them, here and in the registry.
struct KnownImages {
    let keys: [FakeKeys]

    init() throws {
        keys = try (0..<12).map { FakeKeys(try FakeKeys.key(target: "stage-\($0)")) }
    }

    /// The image's id in the daemon.
    static func id(_ number: Int) -> String { "\(Digest(of: "image \(number)".utf8))" }

    /// Some images are older than ``maximumAge``.
    static func age(_ number: Int) -> Int64 { (number % 6 == 5 ? 8 : 1) * LookupScene.day }
    static let maximumAge = (OptionTable.maxAgeDays, "7")

    private func labels(_ number: Int) -> [String: String] {
        [
            ImageAge.keyLabel: keys[number].computed.key.description, ImageAge.imageLabel: "app",
            ImageAge.builtAtLabel: Timestamp.text(LookupScene.now - Self.age(number)),
        ]
    }

    private func inRegistry(_ number: Int) throws -> RegistryImage {
        try FakeMachine.image(labels: labels(number), marked: "\(number)")
    }

    /// Puts all images into the registry, and half of them into the daemon.
    func prepare(_ scene: LookupScene) throws {
        for number in keys.indices {
            let image = try inRegistry(number)
            let key = keys[number].computed.key
            scene.machine.withState { state in
                state.tags["\(scene.cache.place.tag)-\(key)"] = image
                guard number.isMultiple(of: 2) else { return }
                state.images["app:\(key)"] = ImageDetails(
                    id: Self.id(number),
                    size: 1_000,
                    created: "2027-01-14T08:00:00Z",
                    labels: labels(number),
                    repositoryDigests: []
                )
            }
        }
    }

    func entry(_ number: Int, _ scene: LookupScene) throws -> Entry {
        let key = keys[number].computed.key
        return Entry(
            key: key.description,
            scope: scene.cache.place.scope,
            image: "app",
            provider: "registry",
            localImageID: Self.id(number),
            cacheImage: "registry.example/team/app:\(scene.cache.place.tag)-\(key)",
            registryDigest: "\(try inRegistry(number).named.digest)",
            sizeBytes: 1_000,
            builtAt: LookupScene.now - Self.age(number),
            createdAt: LookupScene.now,
            lastUsedAt: LookupScene.now,
            buildMilliseconds: 42_000
        )
    }

    /// Whether the step gets an image that was built for that key and is recent enough.
    func isRight(_ result: LookupResult, _ number: Int, _ scene: LookupScene) -> Bool {
        let key = keys[number].computed.key
        let tag = "\(scene.cache.place.tag)-\(key)"
        let name = result.image.description
        let (local, pushed) = scene.machine.withState { ($0.images[name], $0.tags[tag]) }
        let labels: [String: String]?
        switch name {
        case _ where name.hasPrefix("app:\(key)"): labels = local?.id == result.imageID ? local?.labels : nil
        case "registry.example/team/app:\(tag)": labels = pushed?.configuration.labels
        default: labels = nil
        }
        let oldest = LookupScene.now - 7 * LookupScene.day
        let isYoung = labels?[ImageAge.builtAtLabel].flatMap(Timestamp.milliseconds).map { $0 >= oldest } ?? false
        let isDigestRight = result.digest.map { $0 == pushed.map { "\($0.named.digest)" } } ?? true
        return result.key == key && labels?[ImageAge.keyLabel] == key.description && isYoung && isDigestRight
    }
}

/// An index with rows in every table, and the true values of its rows.
struct KnownIndex {
    let images: KnownImages
    let context: FilePath
    let contextDigest: ContextDigest
    /// The bytes of the file and of its log: with everything in the file, and with the last changes in the log.
    let states: [(database: [UInt8], log: [UInt8])]

    static let executable = "28"
    static let baseImage = BaseImageRecord(
        reference: "debian:13",
        platform: "linux/amd64",
        learnedAt: LookupScene.now,
        digest: "\(Digest(of: "debian".utf8))",
        hasTriggers: true,
        variables: ["PATH", "LANG"]
    )
    static let login = Logins.Login(identity: "me", endsAt: LookupScene.now + 3_600_000)
    static let answer = "123456789012"
    static let source = RemoteSources.Record(address: "a1", tag: "\"v1\"", digest: "d1", learnedAt: LookupScene.now)

    /// A clock for scans, for which all files have been unchanged for a long time.
    static let clock = ScanClock(
        now: { ScanClock.system.now() + 10_000_000_000 },
        monotonic: ScanClock.system.monotonic,
        pause: { _ in }
    )

    init(in directory: FilePath) throws {
        images = try KnownImages()
        context = directory.appending("context")
        try Self.makeContext(context)
        let scene = try LookupScene(in: directory)
        let index = try #require(scene.index.opened)
        for number in images.keys.indices { try index.entries.save(images.entry(number, scene)) }
        try Self.fill(index)
        var scanner = ContextScanner(root: context, patterns: .none)
        scanner.clock = Self.clock
        _ = try scanner.scan(index: scene.index, now: LookupScene.now)
        // The index's data about these files is now outdated.
        for number in 0..<5 {
            try write(Array("changed \(number)".utf8), to: context.appending("large/file-\(number)"))
        }
        contextDigest = try scanner.scan().context.digest
        let path = directory.appending("index.db")
        try #require(try index.emptyLog())
        var states = [(database: try contents(of: path), log: [UInt8]())]
        for number in images.keys.indices {
            var entry = try images.entry(number, scene)
            entry.createdAt += 1
            try index.entries.save(entry)
            try index.executables.save(path: [UInt8(number)], state: "s", facts: "20")
            _ = try scanner.scan(index: scene.index, now: LookupScene.now)
        }
        states.append((try contents(of: path), try contents(of: path.suffixed("-wal"))))
        self.states = states
    }

    private static func makeContext(_ root: FilePath) throws {
        for (name, count) in [("", 3), ("large", 130), ("small", 2), ("small/deep", 4)] {
            let directory = name.isEmpty ? root : root.appending(name)
            try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: false)
            for number in 0..<count {
                try write(Array("\(name) \(number)".utf8), to: directory.appending("file-\(number)"))
            }
        }
    }

    /// Adds rows to every table, so many that tables and indexes have more than one page and some pages are free.
    private static func fill(_ index: Index) throws {
        for number in 0..<160 {
            try index.entries.save(
                Entry(
                    key: String("\(Digest(of: "other \(number)".utf8))".suffix(40)),
                    scope: "registry other:cache app",
                    image: "other",
                    provider: "registry",
                    localImageID: KnownImages.id(1_000 + number),
                    builtAt: LookupScene.now,
                    createdAt: LookupScene.now,
                    lastUsedAt: LookupScene.now
                )
            )
            try index.events.record(
                Event(at: LookupScene.now - Int64(number), image: "app", provider: "registry", outcome: .localHit)
            )
            try index.keyRecords.save(
                StoredKeyRecord(
                    pipeline: "shop",
                    image: "free \(number % 30)",
                    key: "\(number)",
                    directory: [47],
                    seenAt: 0,
                    record: [UInt8](repeating: 7, count: 3_000)
                )
            )
        }
        _ = try index.housekeeping.remove(.explanations, before: 1)
        try index.executables.save(path: [47], state: "s", facts: executable)
        try index.baseImages.save(baseImage)
        try index.logins.save(login, host: "registry.example", configuration: "/c")
        try index.providerAnswers.save(answer, to: "account", endsAt: LookupScene.now + 3_600_000)
        try index.remoteSources.save(source, of: "s1")
    }
}
