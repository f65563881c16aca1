import SystemPackage
import TestSupport
import Testing

@testable import Store

/// A row that differs from the saved one is ignored, dropped and reported.
@Suite struct ChecksumTests {
    /// A table with one row: how it is saved and read, and which columns matter.
    struct Table: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let columns: [String]
        /// The columns in the `WHERE` of reads. With another value, the row is not found at all.
        let keys: Set<String>
        let save: @Sendable (Index) throws -> Void
        /// The number of rows that are read.
        let count: @Sendable (Index) throws -> Int

        static let all: [Table] = [
            Table(
                testDescription: "entries",
                columns: [
                    "key", "scope", "image", "provider", "local_image_id", "cache_image", "registry_digest",
                    "size_bytes", "built_at", "pipeline", "build_milliseconds",
                ],
                keys: [],
                save: { try $0.entries.save(ChecksumTests.entry) },
                count: { try $0.entries.all().count }
            ),
            Table(
                testDescription: "base_images",
                columns: ["reference", "platform", "learned_at", "digest", "has_triggers", "variables"],
                keys: ["reference", "platform"],
                save: { index in
                    try index.baseImages.save(
                        BaseImageRecord(
                            reference: "debian",
                            platform: "linux/amd64",
                            learnedAt: 1,
                            digest: "sha256:1",
                            hasTriggers: false,
                            variables: ["A"]
                        )
                    )
                },
                count: { try $0.baseImages.find(reference: "debian", platform: "linux/amd64") == nil ? 0 : 1 }
            ),
            Table(
                testDescription: "executables",
                columns: ["path", "state", "facts"],
                keys: ["path", "state"],
                save: { try $0.executables.save(path: [1], state: "s", facts: "28") },
                count: { try $0.executables.find(path: [1], state: "s") == nil ? 0 : 1 }
            ),
            Table(
                testDescription: "key_records",
                columns: ["pipeline", "image", "key", "record"],
                keys: [],
                save: { index in
                    try index.keyRecords.save(
                        StoredKeyRecord(
                            pipeline: "p",
                            image: "i",
                            key: "ab",
                            directory: [2],
                            seenAt: 3,
                            record: [4, 5, 6]
                        )
                    )
                },
                count: { try $0.keyRecords.find(prefix: "").count }
            ),
            Table(
                testDescription: "logins",
                columns: ["host", "configuration", "identity", "ends_at"],
                keys: ["host", "configuration"],
                save: { try $0.logins.save(.init(identity: "me", endsAt: 9), host: "h", configuration: "c") },
                count: { try $0.logins.find(host: "h", configuration: "c") == nil ? 0 : 1 }
            ),
            Table(
                testDescription: "provider_answers",
                columns: ["question", "answer", "ends_at"],
                keys: ["question"],
                save: { try $0.providerAnswers.save("42", to: "who?", endsAt: 9) },
                count: { try $0.providerAnswers.find("who?", now: 1) == nil ? 0 : 1 }
            ),
            Table(
                testDescription: "remote_sources",
                columns: ["source", "address", "tag", "digest", "learned_at"],
                keys: ["source"],
                save: { index in
                    let record = RemoteSources.Record(address: "a", tag: "t", digest: "d", learnedAt: 4)
                    try index.remoteSources.save(record, of: "s")
                },
                count: { try $0.remoteSources.find("s") == nil ? 0 : 1 }
            ),
        ]

        func rows(_ index: Index) throws -> Int64? {
            try index.database.first("SELECT count(*) FROM \(testDescription)") { row in try row.int64(0) }
        }
    }

    static let entry = Entry(
        key: "ab",
        scope: "s",
        image: "i",
        provider: "registry",
        localImageID: "sha256:1",
        cacheImage: "r:t-ab",
        registryDigest: "sha256:2",
        sizeBytes: 3,
        builtAt: 4,
        createdAt: 5,
        lastUsedAt: 6,
        hits: 7,
        pipeline: "p",
        buildMilliseconds: 8
    )

    /// A different value of the same type.
    private static func changed(_ column: String) -> String {
        """
        CASE typeof(\(column)) WHEN 'integer' THEN \(column) + 1
        WHEN 'blob' THEN \(column) || x'00' ELSE \(column) || 'x' END
        """
    }

    @Test(arguments: Table.all) func aChangeOfAnyColumnThatDecidesIsNoticed(table: Table) throws {
        for column in table.columns + ["checksum"] where !table.keys.contains(column) {
            try withIndex { index in
                var notices: [IndexNotice] = []
                index.onNotice = { notices.append($0) }
                try table.save(index)
                #expect(try table.count(index) == 1)
                let blob = ["path", "record", "directory"].contains(column)
                let value = blob ? "CAST(\(Self.changed(column)) AS BLOB)" : Self.changed(column)
                try index.database.run("UPDATE \(table.testDescription) SET \(column) = \(value)")
                #expect(try table.count(index) == 0, "\(column)")
                #expect(
                    notices == [.damaged(index.path, what: "1 row of \(table.testDescription)", isDropped: true)],
                    "\(column)"
                )
                #expect(try table.rows(index) == 0)
                try table.save(index)
                #expect(try table.count(index) == 1)
            }
        }
    }

    @Test(arguments: Table.all) func theSameRowElsewhereIsNoticed(table: Table) throws {
        for column in table.keys {
            try withIndex { index in
                try table.save(index)
                let other = column == "path" ? "x'02'" : "'elsewhere'"
                try index.database.run("UPDATE \(table.testDescription) SET \(column) = \(other)")
                let checked = try #require(CheckedTable.all.first { $0.name == table.testDescription })
                let sound = "SELECT \(checked.isSound) FROM \(checked.name)"
                #expect(try index.database.first(sound) { row in try row.int64(0) } == 0, "\(column)")
            }
        }
    }

    /// Entries get checksums, for which the migration also lists the columns. Rows that can be learned again are
    /// dropped.
    @Test(arguments: Table.all) func onlyEntriesStayFromBeforeThereWereChecksums(table: Table) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let old = directory.appending("old.db")
            let before = Schema(migrations: Array(Migration.all.prefix { $0.name != "checksums" }))
            _ = try Index.open(at: old, now: 0, schema: before)
            let index = try Index.open(at: path, now: 0).index
            try table.save(index)
            // As the previous version would have saved it.
            try index.database.execute("ATTACH '\(old)' AS old")
            let columns = try index.database.all(
                "SELECT name FROM pragma_table_info('\(table.testDescription)', 'old')"
            ) { row in try row.text(0) }.joined(separator: ", ")
            try index.database.execute(
                """
                INSERT INTO old.\(table.testDescription) (\(columns)) SELECT \(columns) FROM \(table.testDescription);
                DETACH old;
                """
            )
            let opened = try Index.open(at: old, now: 0)
            #expect(opened.notice == nil)
            opened.index.onNotice = { Issue.record("\($0)") }
            #expect(try table.count(opened.index) == (table.testDescription == "entries" ? 1 : 0))
        }
    }

    /// Damage can change a number's type. SQLite never stores such a value in these tables, but reads it without error.
    private static func damageType(of column: String, _ database: Database) throws {
        try database.execute(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, ', '') WHERE name = 'entries';
            PRAGMA writable_schema = RESET;
            UPDATE entries SET \(column) = 1.5;
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'WITHOUT ROWID', 'STRICT, WITHOUT ROWID')
            WHERE name = 'entries';
            PRAGMA writable_schema = RESET;
            """
        )
    }

    @Test(arguments: ["hits", "created_at", "last_used_at", "built_at"])
    func aNumberThatIsNoneIsDamageLikeAnyOther(column: String) throws {
        try withIndex { index in
            var notices: [IndexNotice] = []
            index.onNotice = { notices.append($0) }
            try index.entries.save(Self.entry)
            try Self.damageType(of: column, index.database)
            #expect(try index.entries.all() == [])
            #expect(notices == [.damaged(index.path, what: "1 row of entries", isDropped: true)])
            try index.entries.save(Self.entry)
            #expect(try index.entries.all() == [Self.entry])
        }
    }

    @Test func anIndexFromBeforeWithSuchANumberIsMovedAside() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let before = Schema(migrations: Array(Migration.all.prefix { $0.name != "checksums" }))
            do {
                let index = try Index.open(at: path, now: 0, schema: before).index
                try index.database.run(
                    """
                    INSERT INTO entries (key, scope, image, provider, built_at, created_at, last_used_at)
                    VALUES ('ab', 's', 'i', 'local', 1, 1, 1)
                    """
                )
                try Self.damageType(of: "hits", index.database)
            }
            let opened = try Index.open(at: path, now: 0)
            guard case .movedAside = opened.notice else {
                Issue.record("not moved aside: \(String(describing: opened.notice))")
                return
            }
            #expect(try opened.index.entries.all() == [])
        }
    }

    @Test func everyRowThatGoesTakesTheOthersOfItsTableAlong() throws {
        try withIndex { index in
            var notices: [IndexNotice] = []
            index.onNotice = { notices.append($0) }
            for key in ["a", "b", "c", "d"] {
                var entry = Self.entry
                entry.key = key
                try index.entries.save(entry)
            }
            try index.database.run("UPDATE entries SET local_image_id = 'x' WHERE key IN ('b', 'd')")
            #expect(try index.entries.find(key: "b", scope: "s") == nil)
            #expect(notices == [.damaged(index.path, what: "2 rows of entries", isDropped: true)])
            #expect(try index.entries.all().map(\.key) == ["a", "c"])
            #expect(notices.count == 1)
        }
    }

    @Test func whatChangesAnEntryKeepsItSound() throws {
        let changes: [(Entries) throws -> Bool] = [
            { try $0.recordUse(key: "ab", scope: "s", localImageID: "sha256:1", now: 9) },
            { try $0.releaseLocalImage(key: "ab", scope: "s", id: "sha256:1", unusedSince: 9) },
            { entries in
                try entries.releaseCacheImage(key: "ab", scope: "s", cacheImage: "r:t-ab")
                return true
            },
            { entries in
                var entry = Self.entry
                entry.localImageID = "sha256:3"
                entry.createdAt = 100
                try entries.save(entry)
                return true
            },
        ]
        try withIndex { index in
            index.onNotice = { Issue.record("\($0)") }
            try index.entries.save(Self.entry)
            for change in changes {
                #expect(try change(index.entries))
                #expect(try index.entries.find(key: "ab", scope: "s") != nil)
            }
        }
    }

    /// Taking back a promise must not make a damaged row look valid.
    @Test func nothingIsTakenBackFromADamagedEntry() throws {
        try withIndex { index in
            try index.entries.save(Self.entry)
            try index.database.run("UPDATE entries SET registry_digest = 'sha256:9'")
            #expect(try !index.entries.releaseLocalImage(key: "ab", scope: "s", id: "sha256:1", unusedSince: 9))
            try index.entries.releaseCacheImage(key: "ab", scope: "s", cacheImage: "r:t-ab")
            #expect(try index.entries.find(key: "ab", scope: "s") == nil)
        }
    }

    @Test func whatCannotBeDroppedIsLeftOut() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let index = try Index.open(at: path, now: 0, busyTimeoutMilliseconds: 0).index
            var notices: [IndexNotice] = []
            index.onNotice = { notices.append($0) }
            try index.entries.save(Self.entry)
            try index.database.run("UPDATE entries SET image = 'x'")
            let other = try Database(at: path)
            try other.immediateTransaction {
                let all = try index.entries.all()
                let found = try index.entries.find(key: "ab", scope: "s")
                #expect(all == [] && found == nil)
            }
            let notice = IndexNotice.damaged(path, what: "1 row of entries", isDropped: false)
            #expect(notices == [notice, notice])
        }
    }
}
