import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite struct SchemaTests {
    private static let first = Migration(
        number: 1,
        name: "one",
        sql: Array("CREATE TABLE one (i INTEGER) STRICT;".utf8)
    )
    private static let second = Migration(
        number: 2,
        name: "two",
        sql: Array("CREATE TABLE two (i INTEGER) STRICT;".utf8)
    )
    private static let edited = Migration(
        number: 1,
        name: "one",
        sql: Array("CREATE TABLE one (j INTEGER) STRICT;".utf8)
    )

    private static func applied(_ migrations: Migration...) -> [Schema.Applied] {
        migrations.map { Schema.Applied(number: $0.number, name: $0.name, checksum: $0.checksum) }
    }

    @Test(arguments: [
        ([], Schema.State.behind),
        (applied(first), .behind),
        (applied(first, second), .current),
        (applied(edited), .edited(number: 1, name: "one")),
        (applied(edited, second), .edited(number: 1, name: "one")),
        (applied(second), .edited(number: 2, name: "two")),
        (
            [applied(first)[0], applied(second)[0], Schema.Applied(number: 7, name: "x", checksum: [])],
            .newer(version: 7)
        ),
        // A flipped bit in a number does not look like a newer version.
        (
            [applied(first)[0], Schema.Applied(number: 34, name: "two", checksum: second.checksum)],
            .edited(number: 34, name: "two")
        ),
        ([Schema.Applied(number: 3, name: "x", checksum: [])], .edited(number: 3, name: "x")),
    ])
    func theRowsSayWhatAFileIs(rows: [Schema.Applied], state: Schema.State) {
        #expect(Schema(migrations: [Self.first, Self.second]).state(applied: rows) == state)
    }

    @Test func theListHoldsEveryFileInTheFolder() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let folder = root.appending("migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
        let listed = Migration.all.map { migration in
            let digits = String(migration.number)
            return String(repeating: "0", count: 4 - digits.count) + digits + "_\(migration.name).sql"
        }
        #expect(files == listed)
        #expect(Migration.all.map(\.number) == Array(1...Int64(files.count)))
        for (file, migration) in zip(files, Migration.all) {
            #expect(try contents(of: folder.appending(file)) == migration.sql, "\(file) is not what was embedded")
        }
    }

    @Test func everyTableIsStrict() throws {
        try withIndex { index in
            let loose = try index.database.all(
                """
                SELECT name FROM pragma_table_list
                WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'
                """
            ) { row in try row.text(0) }
            #expect(loose == [])
        }
    }

    @Test func oneMigrationAfterAnotherBringsAFileUpToDate() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 1, schema: Schema(migrations: [Self.first]))
            let opened = try Index.open(at: path, now: 2, schema: Schema(migrations: [Self.first, Self.second]))
            #expect(opened.notice == nil)
            let rows = try opened.index.database.all("SELECT name, applied_at FROM migrations ORDER BY number") { row in
                "\(try row.text(0)) \(try row.int64(1))"
            }
            #expect(rows == ["one 1", "two 2"])
            try opened.index.database.run("INSERT INTO two VALUES (1)")
            let version = try opened.index.database.first("PRAGMA user_version") { row in try row.int64(0) }
            #expect(version == 2)
        }
    }

    @Test func anUnchangedSchemaIsOpenedWithoutWriting() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let first = try Index.open(at: path, now: 1).index
            let before = try first.database.first("PRAGMA data_version") { row in try row.int64(0) }
            _ = try Index.open(at: path, now: 2)
            let after = try first.database.first("PRAGMA data_version") { row in try row.int64(0) }
            #expect(before == after)
        }
    }

    @Test func aFileOfANewerVersionIsLeftAlone() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 1, schema: Schema(migrations: [Self.first, Self.second]))
            let before = try contents(of: path)
            #expect(throws: IndexError.newerVersion(path, found: 2, known: 1)) {
                try Index.open(at: path, now: 2, schema: Schema(migrations: [Self.first]))
            }
            #expect(try contents(of: path) == before)
        }
    }

    @Test func aFileWithAnotherTextOfAMigrationIsMovedAside() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 1, schema: Schema(migrations: [Self.first]))
            let schema = Schema(migrations: [Self.edited, Self.second])
            let notice = try Index.open(at: path, now: 2, schema: schema).notice
            let reason = "its migration 1, 'one', is not the one that made it"
            #expect(notice == .movedAside(path, to: path.suffixed(".corrupt-19700101T000000Z"), reason: reason))
            #expect(try Index.open(at: path, now: 3, schema: schema).notice == nil)
        }
    }

    @Test func aMigrationThatFailsLeavesNothingBehind() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let broken = Migration(
                number: 2,
                name: "broken",
                sql: Array("CREATE TABLE half (i INTEGER) STRICT; INSERT INTO nowhere VALUES (1);".utf8)
            )
            #expect(throws: IndexError.self) {
                try Index.open(at: path, now: 1, schema: Schema(migrations: [Self.first, broken]))
            }
            let opened = try Index.open(at: path, now: 2, schema: Schema(migrations: [Self.first, Self.second]))
            #expect(opened.notice == nil)
            let tables = try opened.index.database.all(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            ) { row in try row.text(0) }
            #expect(tables == ["migrations", "one", "two"])
        }
    }

    @Test(arguments: 1...10)
    func agentsThatStartAtTheSameTimeMigrateOnce(round: Int) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("new").appending("index.db")
            // In half of the rounds, the file lacks only the last migration.
            if round.isMultiple(of: 2) {
                _ = try Index.open(at: path, now: 0, schema: Schema(migrations: [Self.first]))
            }
            try onThreads(8) { number in
                let schema = Schema(migrations: [Self.first, Self.second])
                let opened = try Index.open(at: path, now: Int64(number), schema: schema)
                #expect(opened.notice == nil)
                try opened.index.database.run("INSERT INTO two VALUES (?1)", Int64(number))
            }
            let index = try Index.open(at: path, now: 0, schema: Schema(migrations: [Self.first, Self.second])).index
            #expect(try index.database.first("SELECT count(*) FROM two") { row in try row.int64(0) } == 8)
            #expect(try index.database.first("SELECT count(*) FROM migrations") { row in try row.int64(0) } == 2)
        }
    }

    /// Both connections stay open, so the older one must also notice the change.
    @Test func anIndexOfAnOlderVersionTakesOutcomesThatItDidNotKnow() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let before = Schema(migrations: Array(Migration.all.prefix { $0.name != "outcomes" }))
            let old = try Index.open(at: path, now: someTime, schema: before).index
            let insert = "INSERT INTO events (at, image, provider, outcome) VALUES (1, 'a', 'local', ?1)"
            try old.database.run(insert, "miss")
            #expect(throws: SQLiteError.self) { try old.database.run(insert, "peer-hit") }
            let new = try Index.open(at: path, now: someTime).index
            try new.database.run(insert, "peer-hit")
            try old.database.run(insert, "peer-hit")
            #expect(try new.events.recent(limit: 9).map(\.outcome) == [.miss])
            let state = try new.database.all("PRAGMA integrity_check") { row in try row.text(0) }
            #expect(state == ["ok"])
        }
    }
}
