import Store
import Testing

@Suite struct EntriesGarbageTests {
    static let key = String(repeating: "a", count: 40)
    static let entry = Entry(
        key: key,
        scope: "local app",
        image: "app",
        provider: "local",
        localImageID: "sha256:1",
        builtAt: 10,
        createdAt: 10,
        lastUsedAt: 50
    )

    @Test func aUseCountsOnlyWhereThePromiseStillHolds() throws {
        try withIndex { index in
            try index.entries.save(Self.entry)
            func use(_ id: String?) throws -> Bool {
                try index.entries.recordUse(key: Self.key, scope: Self.entry.scope, localImageID: id, now: 60)
            }
            #expect(try use("sha256:1"))
            #expect(try !use("sha256:2"))
            #expect(try use(nil))
            #expect(try index.entries.find(key: Self.key, scope: Self.entry.scope)?.hits == 2)
        }
    }

    @Test func aPromiseIsTakenBackOnlyIfNobodyUsedIt() throws {
        try withIndex { index in
            try index.entries.save(Self.entry)
            func release(_ id: String, unusedSince: Int64) throws -> Bool {
                try index.entries.releaseLocalImage(
                    key: Self.key,
                    scope: Self.entry.scope,
                    id: id,
                    unusedSince: unusedSince
                )
            }
            #expect(try !release("sha256:1", unusedSince: 49))
            #expect(try !release("sha256:2", unusedSince: 50))
            #expect(try index.entries.promises(key: Self.key, localImageID: "sha256:1"))
            #expect(try release("sha256:1", unusedSince: 50))
            #expect(try !index.entries.promises(key: Self.key, localImageID: "sha256:1"))
            #expect(
                try !index.entries.recordUse(key: Self.key, scope: Self.entry.scope, localImageID: "sha256:1", now: 60)
            )
            #expect(try index.entries.find(key: Self.key, scope: Self.entry.scope)?.builtAt == 10)
        }
    }

    /// The use was recorded while a clock was ahead.
    @Test func aUseFarAheadMakesNoEntryImmortal() throws {
        try withIndex { index in
            let day: Int64 = 86_400_000
            var entry = Self.entry
            for (ahead, goes) in [(day / 2, false), (400 * day, true)] {
                entry.lastUsedAt = 50 + ahead
                try index.entries.save(entry)
                let (key, scope) = (entry.key, entry.scope)
                #expect(
                    try index.entries.releaseLocalImage(key: key, scope: scope, id: "sha256:1", unusedSince: 50) == goes
                )
                #expect(try index.entries.remove(key: key, scope: scope, builtAt: 10, unusedSince: 50) == goes)
            }
        }
    }

    @Test func anEntryGoesOnlyIfItIsWhatItWas() throws {
        try withIndex { index in
            try index.entries.save(Self.entry)
            func remove(builtAt: Int64, unusedSince: Int64) throws -> Bool {
                try index.entries.remove(
                    key: Self.key,
                    scope: Self.entry.scope,
                    builtAt: builtAt,
                    unusedSince: unusedSince
                )
            }
            #expect(try !remove(builtAt: 9, unusedSince: 50))
            #expect(try !remove(builtAt: 10, unusedSince: 49))
            #expect(try remove(builtAt: 10, unusedSince: 50))
        }
    }

    @Test(arguments: [("a", 1), ("aa", 1), ("b", 0), (String(repeating: "a", count: 40), 1)])
    func theBeginningOfAKeyFindsIt(prefix: String, count: Int) throws {
        try withIndex { index in
            try index.entries.save(Self.entry)
            #expect(try index.entries.find(prefix: prefix).count == count)
        }
    }
}
