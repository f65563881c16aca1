import Store
import SystemPackage
import Testing

@testable import Docker
@testable import Garbage
@testable import PluginConfiguration

@Suite struct GarbagePlanTests {
    static let day = GarbageLimits.day
    static let now: Int64 = 1_800_000_000_000
    static let limits = GarbageLimits(maximumAge: 30 * day, orphanAge: day)

    static func key(_ digit: Character) -> String { String(repeating: digit, count: 40) }

    static func entry(
        _ digit: Character,
        scope: String = "local app",
        built: Int64 = 5,
        used: Int64 = 2,
        id: String? = "",
        cacheImage: String? = nil
    ) -> Entry {
        Entry(
            key: key(digit),
            scope: scope,
            image: "app",
            provider: "local",
            localImageID: id == "" ? "sha256:\(digit)" : id,
            cacheImage: cacheImage,
            builtAt: now - built * day,
            createdAt: now - built * day,
            lastUsedAt: now - used * day
        )
    }

    static func image(
        _ digit: Character,
        size: Int64 = 100,
        built: Int64 = 5,
        tagged: Int64 = 5,
        others: [String] = [],
        digests: [String] = []
    ) -> LocalImage {
        LocalImage(
            id: "sha256:\(digit)",
            key: key(digit),
            image: "app",
            size: size,
            names: ["app:\(key(digit))"] + others,
            digests: digests,
            builtAt: now - built * day,
            taggedAt: now - tagged * day
        )
    }

    static func plan(
        _ entries: [Entry],
        _ images: [LocalImage]?,
        used: Set<String> = [],
        _ change: (inout GarbageLimits) -> Void = { _ in }
    ) -> GarbagePlan {
        var limits = limits
        change(&limits)
        let daemon = images.map { GarbageInventory.Daemon(images: $0, used: used) }
        let found = GarbageInventory(entries: entries, daemon: daemon)
        return GarbagePlan(found, limits: limits, now: now)
    }

    /// The key's first digit and the reason for each removed image, in order.
    static func removed(_ plan: GarbagePlan) -> [String] {
        plan.steps.compactMap { step in
            guard case .removeImage(let removal) = step else { return nil }
            return "\(removal.image.key.prefix(1)) \(removal.reason.rawValue)"
        }
    }

    static func dropped(_ plan: GarbagePlan) -> [String] {
        plan.steps.compactMap { step in
            guard case .dropEntry(let entry, _) = step else { return nil }
            return String(entry.key.prefix(1))
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var entries: [Entry]
        var images: [LocalImage]?
        var used: Set<String> = []
        var keep: Int?
        var size: Int64?
        var isExplicit = false
        var removed: [String] = []
        var dropped: [String] = []
        var kept: [GarbagePlan.Kept.Why] = []
    }

    static let cases: [Case] = [
        Case(testDescription: "what is young stays", entries: [entry("a")], images: [image("a")]),
        Case(
            testDescription: "what has expired goes with its image",
            entries: [entry("a", built: 31)],
            images: [image("a")],
            removed: ["a expired"]
        ),
        Case(
            testDescription: "the last day of an age is not its end",
            entries: [entry("a", built: 29)],
            images: [image("a")]
        ),
        Case(
            testDescription: "what was used at a greater age has a longer limit",
            entries: [entry("a", built: 40, used: 2)],
            images: [image("a")]
        ),
        Case(
            testDescription: "unless somebody names the limit",
            entries: [entry("a", built: 40, used: 2)],
            images: [image("a")],
            isExplicit: true,
            removed: ["a expired"]
        ),
        Case(
            testDescription: "an expired entry goes without an image too",
            entries: [entry("a", built: 31), entry("b", built: 31, id: nil)],
            images: [],
            dropped: ["a", "b"]
        ),
        Case(
            testDescription: "without the daemon, what may be in it stays",
            entries: [entry("a", built: 31), entry("b", built: 31, id: nil)],
            images: nil,
            dropped: ["b"]
        ),
        Case(
            testDescription: "what was used just now stays",
            entries: [entry("a", built: 31, used: 0)],
            images: [image("a")],
            isExplicit: true
        ),
        Case(
            testDescription: "what a container uses stays",
            entries: [entry("a", built: 31)],
            images: [image("a")],
            used: ["sha256:a"],
            kept: [.container]
        ),
        Case(
            testDescription: "an image stays as long as one entry of two wants it",
            entries: [entry("a", built: 31), entry("a", scope: "registry app")],
            images: [image("a")],
            dropped: ["a"]
        ),
        Case(
            testDescription: "an image without an entry goes when its name is old",
            entries: [],
            images: [image("a", tagged: 2), image("b", tagged: 0)],
            removed: ["a orphan"]
        ),
        Case(
            testDescription: "an image whose promise was taken back goes",
            entries: [entry("a", id: nil)],
            images: [image("a")],
            removed: ["a leftover"]
        ),
        Case(
            testDescription: "those used longest ago go first, and no more than needed",
            entries: [entry("a", used: 3), entry("b", used: 5), entry("c", used: 4)],
            images: [image("a"), image("b"), image("c")],
            size: 150,
            removed: ["b max-size", "c max-size"]
        ),
        Case(
            testDescription: "what is in use counts and stays",
            entries: [entry("a", used: 3), entry("b", used: 5)],
            images: [image("a"), image("b")],
            used: ["sha256:b"],
            size: 100,
            removed: ["a max-size"],
            kept: [.container]
        ),
        Case(
            testDescription: "an image with a name of others frees nothing",
            entries: [entry("a", used: 5), entry("b", used: 3)],
            images: [image("a", others: ["theirs:1"]), image("b")],
            size: 100,
            removed: ["b max-size"],
            kept: [.foreignNames]
        ),
        Case(
            testDescription: "an image with a tag of local-tags stays, however old",
            entries: [entry("a", built: 31), entry("b", built: 31)],
            images: [image("a", others: ["app:v1"]), image("b")],
            removed: ["b expired"],
            kept: [.localTags]
        ),
        Case(
            testDescription: "a size that is reached is not exceeded",
            entries: [entry("a")],
            images: [image("a")],
            size: 100
        ),
        Case(
            testDescription: "those used last are kept",
            entries: [entry("a", used: 3), entry("b", used: 5), entry("c", used: 4)],
            images: [image("a"), image("b"), image("c")],
            keep: 1,
            removed: ["b keep", "c keep"]
        ),
        Case(
            testDescription: "each scope keeps its own",
            entries: [entry("a", used: 3), entry("b", scope: "registry app", used: 5)],
            images: [image("a"), image("b")],
            keep: 1
        ),
        Case(
            testDescription: "keeping none removes all",
            entries: [entry("a")],
            images: [image("a")],
            keep: 0,
            removed: ["a keep"]
        ),
    ]

    @Test(arguments: cases)
    func thePlanIsWhatTheTableSays(test: Case) {
        let plan = Self.plan(test.entries, test.images, used: test.used) { limits in
            limits.keep = test.keep
            limits.maximumSize = test.size
            limits.respectsLongerAges = !test.isExplicit
        }
        #expect(Self.removed(plan) == test.removed)
        #expect(Self.dropped(plan) == test.dropped)
        #expect(plan.kept.map(\.why) == test.kept)
    }

    @Test(arguments: [(0, []), (2, ["a unsaved"])] as [(Int64, [String])])
    func anImageOfOneStepGoesAfterADay(tagged: Int64, removed: [String]) {
        let key = Self.key("a")
        let image = LocalImage(
            id: "sha256:a",
            key: key,
            image: "app",
            size: 1,
            names: ["app:\(key)-t0123456789ab"],
            builtAt: Self.now - tagged * Self.day,
            taggedAt: Self.now - tagged * Self.day
        )
        // This does not depend on the index's promises for the key.
        #expect(Self.removed(Self.plan([Self.entry("a", id: "sha256:other")], [image])) == removed)
        #expect(Self.removed(Self.plan([], [image])) == removed)
    }

    @Test func anotherIndexMayKnowWhatAnEntryPromisesNoMore() {
        let plan = Self.plan([Self.entry("a", id: "sha256:other")], [Self.image("a")]) { $0.orphanAge = .max }
        #expect(plan.steps.isEmpty)
    }

    @Test(arguments: [(nil, false), ("0B", false), ("536MB", false), ("537MB", true)] as [(String?, Bool)])
    func contextsAreRemovedAboveTheirLimit(size: String?, goes: Bool) {
        let usage = size.map { BuilderUsage("ID: x\nSize: \($0)\nType: source.local\n") }
        let found = GarbageInventory(builder: usage)
        let plan = GarbagePlan(found, limits: Self.limits, now: Self.now)
        #expect(plan.steps == (goes ? usage.map { [.pruneContexts($0)] } : []))
        var limits = Self.limits
        limits.image = "app"
        #expect(GarbagePlan(found, limits: limits, now: Self.now).steps.isEmpty)
    }

    @Test func anEntryKeepsItsAgeWhenItsImageGoesForWantOfSpace() {
        let entry = Self.entry("a")
        guard case .removeImage(let removal) = Self.plan([entry], [Self.image("a")], { $0.keep = 0 }).steps.first else {
            Issue.record("no image is removed")
            return
        }
        #expect(removal.claims == [.release(entry)])
    }

    @Test(
        arguments: [
            (31, true, true), (1, false, true), (29, true, false), (0, false, false),
        ] as [(Int64, Bool, Bool)]
    )
    func aCheckoutGoesWhenItsDirectoryIsGoneOrNobodyUsedIt(unusedDays: Int64, isThere: Bool, goes: Bool) {
        let checkout = Checkout(id: 1, path: Array("/x".utf8), lastUsedAt: Self.now - unusedDays * Self.day)
        let found = GarbageInventory(
            checkouts: [GarbageInventory.FoundCheckout(checkout: checkout, isThere: isThere)]
        )
        let plan = GarbagePlan(found, limits: Self.limits, now: Self.now)
        #expect(plan.steps.isEmpty != goes)
    }

    @Test(
        arguments: [
            (40 << 20, 10 << 20, true), (40 << 20, 9 << 20, false), (5 << 20, 3 << 20, false),
        ] as [(Int64, Int64, Bool)]
    )
    func theIndexGivesPagesBackWhereItIsWorthIt(total: Int64, free: Int64, isWorthIt: Bool) {
        let found = GarbageInventory(space: Index.Space(total: total, free: free))
        let plan = GarbagePlan(found, limits: Self.limits, now: Self.now)
        #expect(plan.steps == (isWorthIt ? [.compact] : []))
    }

    @Test func whatIsForgottenGoesHoweverYoungItIs() {
        let entries = [Self.entry("a"), Self.entry("b", id: nil)]
        let daemon = GarbageInventory.Daemon(images: [Self.image("a"), Self.image("c")], used: [])
        let plan = GarbagePlan(forgetting: entries, with: daemon, now: Self.now)
        #expect(Self.removed(plan) == ["a forgotten"])
        #expect(Self.dropped(plan) == ["b"])
    }
}
