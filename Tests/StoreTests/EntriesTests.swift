import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct EntriesTests {
    private static let minimal = Entry(
        key: String(repeating: "a", count: 40),
        scope: "local:app",
        image: "app",
        provider: "local",
        builtAt: 10,
        createdAt: 11,
        lastUsedAt: 12
    )

    private static let full = Entry(
        key: "1234500000000000000000000000000000000000",
        scope: "registry:registry.example.com/app:app",
        image: "app",
        provider: "registry",
        localImageID: "sha256:1",
        cacheImage: "registry.example.com/app:cache-1",
        registryDigest: "sha256:2",
        sizeBytes: 5_000_000_000,
        builtAt: 1_795_459_500_000,
        createdAt: 1_795_459_500_001,
        lastUsedAt: 1_795_459_500_002,
        hits: 3,
        pipeline: "main",
        buildMilliseconds: 61_000
    )

    @Test(arguments: [minimal, full])
    func anEntryComesBackAsItWasSaved(entry: Entry) throws {
        try withIndex { index in
            try index.entries.save(entry)
            #expect(try index.entries.find(key: entry.key, scope: entry.scope) == entry)
            #expect(try index.entries.all() == [entry])
        }
    }

    /// SQLite would store each of these as a number in a column declared STRING.
    @Test(arguments: [
        "12345e3000000000000000000000000000000000",
        "0000000000000000000000000000000000000000",
        "1234567890123456789012345678901234567890",
        "0x",
        "1e5",
        "-1",
        " 7 ",
    ])
    func aKeyThatLooksLikeANumberStaysText(key: String) throws {
        try withIndex { index in
            var entry = Self.minimal
            entry.key = key
            try index.entries.save(entry)
            #expect(try index.entries.all().map(\.key) == [key])
            let type = try index.database.first("SELECT typeof(key) FROM entries") { row in try row.text(0) }
            #expect(type == "text")
        }
    }

    @Test func theSameKeyInTwoScopesIsTwoEntries() throws {
        try withIndex { index in
            var other = Self.minimal
            other.scope = "ecr:1.dkr.ecr.eu-central-1.amazonaws.com/app:app"
            other.cacheImage = "1.dkr.ecr.eu-central-1.amazonaws.com/app:cache"
            try index.entries.save(Self.minimal)
            try index.entries.save(other)
            #expect(try index.entries.find(key: other.key, scope: Self.minimal.scope) == Self.minimal)
            #expect(try index.entries.find(key: other.key, scope: other.scope) == other)
            #expect(try index.entries.find(key: other.key, scope: "gar:app") == nil)
        }
    }

    @Test func savingAgainReplacesTheImageAndKeepsTheCounts() throws {
        try withIndex { index in
            try index.entries.save(Self.minimal)
            try index.entries.recordUse(key: Self.minimal.key, scope: Self.minimal.scope, now: 500)
            var rebuilt = Self.minimal
            rebuilt.localImageID = "sha256:new"
            rebuilt.builtAt = 400
            rebuilt.createdAt = 400
            rebuilt.lastUsedAt = 400
            try index.entries.save(rebuilt)

            var expected = rebuilt
            expected.createdAt = Self.minimal.createdAt
            expected.lastUsedAt = 500
            expected.hits = 1
            #expect(try index.entries.all() == [expected])
        }
    }

    @Test func aUseIsCountedAndItsTimeNeverGoesBack() throws {
        try withIndex { index in
            try index.entries.save(Self.full)
            let before = Self.full.lastUsedAt
            try index.entries.recordUse(key: Self.full.key, scope: Self.full.scope, now: before + 5)
            try index.entries.recordUse(key: Self.full.key, scope: Self.full.scope, now: before - 5)
            try index.entries.recordUse(key: Self.full.key, scope: "another", now: before + 9)
            let found = try #require(try index.entries.find(key: Self.full.key, scope: Self.full.scope))
            #expect(found.hits == 5)
            #expect(found.lastUsedAt == before + 5)
        }
    }

    @Test func removingSaysWhetherThereWasAnything() throws {
        try withIndex { index in
            try index.entries.save(Self.minimal)
            try index.entries.save(Self.full)
            #expect(try index.entries.remove(key: Self.minimal.key, scope: Self.minimal.scope))
            #expect(try !index.entries.remove(key: Self.minimal.key, scope: Self.minimal.scope))
            #expect(try index.entries.all() == [Self.full])
        }
    }
}
