import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct IndexConditionTests {
    @Test func whereThereIsNoIndexNoneIsMade() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("below").appending("index.db")
            let found = try Index.condition(at: path)
            #expect(found == nil)
            #expect(!exists(directory.appending("below")))
        }
    }

    @Test func aSoundIndexIsSaidToBeSound() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            let condition = try #require(try Index.condition(at: path))
            #expect(condition.damage == nil)
            #expect(Index.isShown(at: path))
            #expect(!Index.isShown(at: directory))
            #expect(condition.version == condition.knownVersion)
            #expect(condition.bytes > 0)
        }
    }

    @Test func anOlderIndexIsNotMigrated() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            let database = try Database(at: path)
            let newest = try #require(try database.first("SELECT max(number) FROM migrations") { try $0.int64(0) })
            try database.run("DELETE FROM migrations WHERE number = ?1", newest)
            try database.execute("PRAGMA user_version = \(newest - 1)")
            #expect(try Index.condition(at: path)?.version == newest - 1)
            #expect(try Index.condition(at: path)?.version == newest - 1)
        }
    }

    @Test func rowsThatDoNotMatchTheirChecksumsAreCountedAndCanBeDropped() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let index = try Index.open(at: path, now: 0).index
            for key in ["a", "b", "c"] {
                try index.entries.save(
                    Entry(key: key, scope: "s", image: "i", provider: "p", builtAt: 1, createdAt: 1, lastUsedAt: 1)
                )
            }
            #expect(try Index.condition(at: path)?.damagedRows == 0)
            try index.database.run("UPDATE entries SET built_at = 2 WHERE key <> 'a'")
            #expect(try Index.condition(at: path)?.damagedRows == 2)
            #expect(try index.dropDamagedRows() == 2)
            #expect(try Index.condition(at: path)?.damagedRows == 0)
            #expect(try index.entries.all().map(\.key) == ["a"])
        }
    }

    @Test func damageThatOpeningDoesNotMeetIsFound() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            let page = try Database(at: path).first(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'directory_states'"
            ) { row in try row.int64(0) }
            try write(Array(repeating: 0xFF, count: 8_192), to: path, at: (try #require(page) - 1) * 8_192)
            #expect(try Index.condition(at: path)?.damage != nil)
            #expect(try Index.condition(at: path)?.damage != nil, "it is still where it was")
        }
    }

    @Test func damageThatKeepsItFromBeingOpenedIsThrownAndTheFileStays() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            try write(Array(repeating: 0xFF, count: 100), to: path, at: 0)
            let error = #expect(throws: IndexError.self) { try Index.condition(at: path) }
            #expect(error?.isDamage == true)
            #expect(Index.isShown(at: path))
            #expect(exists(path))
        }
    }

    @Test func aFileOfSomethingElseIsRefused() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("Dockerfile")
            try write(Array("FROM scratch\n".utf8), to: path)
            #expect(throws: IndexError.foreign(path)) { try Index.condition(at: path) }
            #expect(!exists(path.suffixed(".lock")))
            #expect(!Index.isShown(at: path))
        }
    }
}
