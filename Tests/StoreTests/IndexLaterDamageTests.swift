import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct IndexLaterDamageTests {
    /// Overwrites the first page of the table `directory_states`, which opening does not read.
    private func damageStates(_ path: FilePath) throws {
        let page = try Database(at: path).first(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'directory_states'"
        ) { row in try row.int64(0) }
        try write(Array(repeating: 0xFF, count: 8_192), to: path, at: (try #require(page) - 1) * 8_192)
    }

    @Test func damageFoundLaterIsReportedAndTheNextRunBeginsANewIndex() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            try damageStates(path)

            let index = try Index.open(at: path, now: someTime).index
            do {
                try index.directoryStates.forEach(checkout: 1) { _, _ in }
                try index.database.execute("SELECT count(*) FROM directory_states NOT INDEXED")
                Issue.record("no error")
            } catch {
                let failure = index.failure(error)
                #expect(failure == .damaged(path, reason: "database disk image is malformed"))
                #expect(failure.isDamage)
            }
            let aside = path.suffixed(".corrupt-20261123T184500Z")
            #expect(
                try index.moveAside(now: someTime)
                    == .movedAside(path, to: aside, reason: "it was found damaged while it was read")
            )
            #expect(!exists(path))
            #expect(!exists(path.suffixed("-wal")))
            #expect(!exists(path.suffixed("-shm")))
            #expect(try index.moveAside(now: someTime) == nil)

            let next = try Index.open(at: path, now: someTime)
            #expect(next.notice == nil)
            // Now the path has a different file, not the damaged one.
            #expect(try index.moveAside(now: someTime) == nil)
            try next.index.directoryStates.forEach(checkout: 1) { _, _ in }
        }
    }

    @Test func aConnectionToAFileThatWasMovedLeavesTheNewOneAlone() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let event = Event(at: 1, image: "a", provider: "local", outcome: .miss)
            var old: Index? = try Index.open(at: path, now: 0).index
            try old?.events.record(event)
            _ = try old?.moveAside(now: someTime)

            let new = try Index.open(at: path, now: 0).index
            try new.events.record(event)
            // When the last connection to a file closes, it removes `-wal` and `-shm` by name.
            old = nil
            #expect(exists(path.suffixed("-wal")))
            let another = try Index.open(at: path, now: 0).index
            try another.events.record(event)
            #expect(try new.statistics.sums(EventFilter()).totals[.miss] == 2)

            let aside = try Database(at: path.suffixed(".corrupt-20261123T184500Z"))
            #expect(try aside.first("SELECT count(*) FROM events") { row in try row.int64(0) } == 1)
        }
    }

    @Test func aWriterKilledInTheMiddleLeavesWhatWasCommitted() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let copy = directory.appending("copy.db")
            let index = try Index.open(at: path, now: 0).index
            // Such a small cache spills into the log before the transaction ends.
            try index.database.execute("PRAGMA cache_size = 5")
            let checkout = try index.directoryStates.checkout(for: [1], now: 0)
            try index.directoryStates.update(checkout: checkout, changed: [([1], [1])], removed: [])
            try index.database.immediateTransaction {
                for directory in UInt8(0)..<100 {
                    try index.database.run(
                        "INSERT OR REPLACE INTO directory_states (checkout_id, directory, records) VALUES (?1, ?2, ?3)",
                        checkout,
                        [directory],
                        [UInt8](repeating: 7, count: 9_000)
                    )
                }
                // The files that another process would find if this one died now.
                try write(try contents(of: path), to: copy)
                try write(try contents(of: path.suffixed("-wal")), to: copy.suffixed("-wal"))
            }
            #expect(try contents(of: copy.suffixed("-wal")).count > 200_000)
            let opened = try Index.open(at: copy, now: 0)
            #expect(opened.notice == nil)
            var rows: [[UInt8]] = []
            try opened.index.directoryStates.forEach(checkout: checkout) { rows += [Array($0), Array($1)] }
            #expect(rows == [[1], [1]])
            let check = try opened.index.database.first("PRAGMA integrity_check") { row in try row.text(0) }
            #expect(check == "ok")
        }
    }
}
