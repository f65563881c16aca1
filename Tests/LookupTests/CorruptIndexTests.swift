import Fingerprint
import FoundationEssentials
import Images
import Inputs
import Options
import PluginConfiguration
import Store
import SystemPackage
import TestSupport
import Testing

@testable import Host
@testable import Lookup

/// Random damage to an index: no lookup fails or gets a wrong image, whatever is lost, and dropped rows are reported.
/// `script/test --proof` tries 2,000.
@Suite struct CorruptIndexTests {
    private static let count = TestSettings.variable("DOCKER_CACHE_TEST_CORRUPTIONS").flatMap { Int($0) } ?? 100

    @Test func aDamagedIndexGivesNoWrongImage() async throws {
        try await withTemporaryDirectory { directory in
            let known = try KnownIndex(in: directory)
            var random = SeededGenerator(seed: TestSettings.seed)
            var tally = CorruptionTally()
            for number in 0..<Self.count {
                let place = directory.appending("run")
                let corruption = try known.damage(in: place, using: &random)
                let name = "seed \(TestSettings.seed), corruption \(number), \(corruption)"
                let run = try CorruptIndexRun(known: known, directory: place)
                try await run.examine(name, lookingFor: (0..<3).map { _ in Int.random(in: 0..<12, using: &random) })
                tally.count(corruption, run)
                try FileManager.default.removeItem(atPath: place.string)
            }
            TestSettings.say("corruptions of the index: seed \(TestSettings.seed)\n\(tally)")
            #expect(tally.warned > 0 && tally.unnoticed > 0, "the corruptions tell nothing apart")
        }
    }
}

extension KnownIndex {
    /// Puts a damaged index into the new directory `place`.
    func damage(in place: FilePath, using random: inout SeededGenerator) throws -> Corruption {
        var (database, log) = random.pick(states)
        let corruption =
            if !log.isEmpty, random.chance(60) {
                Corruption.random(in: &log, places: Corruption.places(inLog: log), using: &random)
            } else {
                Corruption.random(in: &database, places: Corruption.places(inDatabase: database), using: &random)
            }
        try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: false)
        let path = place.appending("index.db")
        try write(database, to: path)
        if !log.isEmpty { try write(log, to: path.suffixed("-wal")) }
        // The lock file marks it as an index, whatever happens to its header.
        try write([], to: path.suffixed(".lock"))
        return corruption
    }
}

/// All readers of a damaged index, and their messages.
final class CorruptIndexRun {
    private let known: KnownIndex
    private let directory: FilePath
    private let log = CollectedLog()
    /// Shared by all lookups of this run.
    private let machine: FakeMachine
    private(set) var hits = 0
    private(set) var lost = 0

    init(known: KnownIndex, directory: FilePath) throws {
        self.known = known
        self.directory = directory
        let scene = try LookupScene(hasIndex: false, in: directory)
        machine = scene.machine
        try known.images.prepare(scene)
    }

    var hasWarned: Bool { !log.messages.isEmpty }

    func examine(_ name: String, lookingFor numbers: [Int]) async throws {
        let before = rows()
        var scanner = ContextScanner(root: known.context, patterns: .none)
        scanner.clock = KnownIndex.clock
        let context = try scanner.scan(index: scene().index, now: LookupScene.now)
        #expect(context.digest == known.contextDigest, "\(name): the key would be wrong")
        let options = [[], [(OptionTable.registryCheck, "never")], Self.trusting]
        for (number, given) in zip(numbers, options) {
            let scene = try scene(given, known.images.keys[number])
            let result = try await scene.lookup().run()
            let isRight = known.images.isRight(result, number, scene)
            #expect(isRight, "\(name): a wrong image, \(result)")
            if result.isHit { hits += 1 }
        }
        try read(name)
        // Data that is gone by now was dropped.
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.string)
        let isMoved = names.contains { $0.contains(".corrupt-") }
        let after = rows()
        let isLess = zip(before, after).contains { before, after in
            before.map { before in after.map { $0 < before } ?? true } ?? false
        }
        if isMoved || isLess { #expect(hasWarned, "\(name): something was dropped without a word") }
    }

    private static let trusting = [(OptionTable.registryCheck, "never"), (OptionTable.skipPull, "true")]

    private func scene(_ given: [(OptionDefinition, String)] = [], _ keys: FakeKeys? = nil) throws -> LookupScene {
        let options = given + [KnownImages.maximumAge]
        return try LookupScene(options, in: directory, keys: keys, machine: machine, log: log.logger)
    }

    /// Reads the known rows: each is unchanged or absent.
    private func read(_ name: String) throws {
        let scene = try scene()
        let index = scene.index
        for number in known.images.keys.indices {
            let truth = try known.images.entry(number, scene)
            let found = index.attempt { try $0.entries.find(key: truth.key, scope: truth.scope) } ?? nil
            check(found.map { $0.deciding == truth.deciding || $0.isNewer(than: truth) }, name)
        }
        check(index.attempt { try $0.executables.find(path: [47], state: "s") }, is: KnownIndex.executable, name)
        check(
            index.attempt { try $0.baseImages.find(reference: "debian:13", platform: "linux/amd64") },
            is: KnownIndex.baseImage,
            name
        )
        check(
            index.attempt { try $0.logins.find(host: "registry.example", configuration: "/c") },
            is: KnownIndex.login,
            name
        )
        check(
            index.attempt { try $0.providerAnswers.find("account", now: LookupScene.now) },
            is: KnownIndex.answer,
            name
        )
        check(index.attempt { try $0.remoteSources.find("s1") }, is: KnownIndex.source, name)
        _ = index.attempt { try $0.entries.all() }
        _ = index.attempt { try $0.keyRecords.find(prefix: "") }
        _ = index.attempt { try $0.events.recent(limit: 500) }
        _ = index.attempt { try $0.statistics.series(EventFilter()) }
    }

    private func check<Value: Equatable>(_ found: Value??, is truth: Value, _ name: String) {
        check((found ?? nil).map { $0 == truth }, name)
    }

    /// - Parameter isTrue: nil if nothing was found
    private func check(_ isTrue: Bool?, _ name: String) {
        if isTrue == nil { lost += 1 }
        #expect(isTrue != false, "\(name): what was read is not what was saved")
    }

    /// The number of rows in each table with checksums; nil if they cannot be counted. Counts in a copy, because
    /// opening the index changes it.
    private func rows() -> [Int64?] {
        let copy = directory.appending("copy.db")
        defer {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: copy.suffixed(suffix).string)
            }
        }
        for suffix in ["", "-wal"] {
            let file = directory.appending("index.db").suffixed(suffix)
            guard let bytes = try? contents(of: file) else { continue }
            try? write(bytes, to: copy.suffixed(suffix))
        }
        let database = try? Database(at: copy)
        return ["entries", "executables", "base_images", "logins", "provider_answers", "remote_sources"].map { table in
            try? database?.first("SELECT count(*) FROM \(table)") { row in try row.int64(0) }
        }
    }
}

extension Entry {
    /// The entry without the columns that a hit changes.
    fileprivate var deciding: Entry {
        var entry = self
        (entry.createdAt, entry.lastUsedAt, entry.hits) = (0, 0, 0)
        return entry
    }

    /// Whether a lookup has since built or pulled the image.
    fileprivate func isNewer(than other: Entry) -> Bool { pipeline == "shop" && other.pipeline == nil }
}

/// The results of the corruptions, by place.
struct CorruptionTally: CustomStringConvertible {
    private var places: [Corruption.Place: (count: Int, warned: Int, lost: Int)] = [:]
    private var hits = 0
    private(set) var warned = 0
    private(set) var unnoticed = 0

    mutating func count(_ corruption: Corruption, _ run: CorruptIndexRun) {
        var place = places[corruption.place] ?? (0, 0, 0)
        place.count += 1
        if run.hasWarned { place.warned += 1 }
        if run.lost > 0 { place.lost += 1 }
        places[corruption.place] = place
        if run.hasWarned { warned += 1 } else { unnoticed += 1 }
        hits += run.hits
    }

    var description: String {
        let lines = Corruption.Place.allCases.compactMap { place in
            places[place].map { counts in
                "  \(place.rawValue): \(counts.count), \(counts.warned) with a warning, \(counts.lost) with a loss"
            }
        }
        return (lines + ["\(warned + unnoticed) corruptions, \(hits) hits"]).joined(separator: "\n")
    }
}
