import Store
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite struct IndexTests {
    private func permissions(_ path: FilePath) throws -> FilePermissions {
        try Stat(path, followTargetSymlink: false).permissions
    }

    #if os(Linux)
        /// Gives this thread a umask of its own; otherwise all threads of the process share one.
        private func unshareUmask() -> Bool {
            // The C header declares `unshare` only with _GNU_SOURCE.
            guard let symbol = dlsym(nil, "unshare") else {
                return false
            }
            let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
            let cloneFS: Int32 = 0x200
            return unshare(cloneFS) == 0
        }
    #endif

    // MARK: Creating

    @Test(arguments: [mode_t(0), 0o022, 0o077, 0o277, 0o777])
    func directoriesAndFilesAreForTheirOwnerAloneWhateverTheUmask(mask: mode_t) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("cache").appending("docker-cache").appending("index.db")
            try onThreads(1) { _ in
                // A thread of its own may have a umask of its own.
                #if os(Linux)
                    guard unshareUmask() else {
                        print("not tested: umask \(mask): unshare: \(Errno(rawValue: errno))")
                        return
                    }
                #endif
                let before = umask(mask)
                defer { umask(before) }
                let index = try Index.open(at: path, now: someTime).index
                try index.events.record(Event(at: 1, image: "a", provider: "local", outcome: .miss))
                for suffix in ["", "-wal", "-shm", ".lock"] {
                    let found = try Stat(path.suffixed(suffix)).permissions
                    #expect(found == .ownerReadWrite, "\(suffix): \(found)")
                }
                #expect(try Stat(directory.appending("cache")).permissions == .ownerReadWriteExecute)
                #expect(try Stat(directory.appending("cache/docker-cache")).permissions == .ownerReadWriteExecute)
            }
        }
    }

    @Test func aDirectoryThatWasThereKeepsItsPermissions() throws {
        try withTemporaryDirectory { directory in
            chmod(directory.string, 0o755)
            _ = try Index.open(at: directory.appending("index.db"), now: someTime)
            #expect(try permissions(directory) == FilePermissions(rawValue: 0o755))
        }
    }

    @Test func theConnectionIsSetUpAsTheDesignSays() throws {
        try withIndex { index throws in
            let expected: [(String, Int64)] = [
                ("foreign_keys", 1), ("synchronous", 1), ("busy_timeout", 5_000), ("page_size", 8_192),
                ("auto_vacuum", 2), ("user_version", 1),
            ]
            for (name, value) in expected {
                #expect(
                    try index.database.first("PRAGMA \(name)") { row in try row.int64(0) } == value,
                    "\(name)"
                )
            }
            #expect(try index.database.first("PRAGMA journal_mode") { row in try row.text(0) } == "wal")
        }
    }

    /// SQLite takes a file of one byte for an empty one.
    @Test(arguments: [[], [0]] as [[UInt8]])
    func anEmptyFileIsBegun(bytes: [UInt8]) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            try write(bytes, to: path)
            let opened = try Index.open(at: path, now: someTime)
            #expect(opened.notice == nil)
            #expect(try opened.index.entries.all() == [])
            let mode = try opened.index.database.first("PRAGMA journal_mode") { row in try row.text(0) }
            #expect(mode == "wal")
        }
    }

    @Test func aLinkIsFollowedAndStays() throws {
        try withTemporaryDirectory { directory in
            let link = directory.appending("index.db")
            let target = directory.appending("target.db")
            try write(Array("no database".utf8), to: target)
            symlink("target.db", link.string)
            let opened = try Index.open(at: link, now: someTime)
            #expect(
                opened.notice
                    == .movedAside(
                        link,
                        to: target.suffixed(".corrupt-20261123T184500Z"),
                        reason: "file is not a database"
                    )
            )
            #expect(try Stat(link, followTargetSymlink: false).type == .symbolicLink)
            #expect(exists(target))
        }
    }

    // MARK: Damage

    private static func foreignDatabase(at path: FilePath) throws {
        try Database(at: path, access: .create).execute("CREATE TABLE theirs (i INTEGER)")
    }

    private static func damagedIndex(at path: FilePath, _ damage: (FilePath) throws -> Void) throws {
        _ = try Index.open(at: path, now: 0)
        try damage(path)
    }

    /// What was found at the path of an index, how it came there, and what is said of it.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let make: @Sendable (FilePath) throws -> Void

        init(_ name: String, _ reason: String, _ make: @escaping @Sendable (FilePath) throws -> Void) {
            testDescription = name
            self.reason = reason
            self.make = make
        }

        static let all: [Damage] = [
            Damage("two bytes", "file is not a database") { try write([0, 0], to: $0) },
            Damage("text", "file is not a database") { try write(Array(repeating: 65, count: 20_000), to: $0) },
            Damage("the header's first line", "file is not a database") {
                try write(Array("SQLite format 3\0".utf8), to: $0)
            },
            Damage("lost bookkeeping", "it is an index that has lost its list of migrations") {
                try damagedIndex(at: $0) { try Database(at: $0).execute("DROP TABLE migrations") }
            },
            Damage("a header overwritten", "file is not a database") {
                try damagedIndex(at: $0) { try write(Array(repeating: 0, count: 100), to: $0, at: 0) }
            },
            Damage("a schema page overwritten", "database disk image is malformed") {
                try damagedIndex(at: $0) { try write(Array(repeating: 255, count: 8_000), to: $0, at: 100) }
            },
        ]
    }

    @Test(arguments: Damage.all)
    func whatIsNoIndexIsMovedAside(damage: Damage) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            try damage.make(path)
            let before = try contents(of: path)

            let opened = try Index.open(at: path, now: someTime)
            let aside = path.suffixed(".corrupt-20261123T184500Z")
            #expect(opened.notice == .movedAside(path, to: aside, reason: damage.reason))
            #expect(try contents(of: aside) == before)
            #expect(try opened.index.entries.all() == [])
            #expect(try Index.open(at: path, now: someTime).notice == nil)
        }
    }

    @Test(arguments: ["theirs", "numbered"])
    func aDatabaseOfAnotherApplicationIsLeftAlone(kind: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("theirs.db")
            if kind == "theirs" {
                try Self.foreignDatabase(at: path)
            } else {
                try Self.damagedIndex(at: path) { try Database(at: $0).execute("PRAGMA application_id = 7") }
            }
            let before = try contents(of: path)
            #expect(throws: IndexError.foreign(path)) { try Index.open(at: path, now: someTime) }
            #expect(try contents(of: path) == before)
        }
    }

    @Test func aSecondDamageInTheSameSecondGetsANameOfItsOwn() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            for ending in ["", "-2", "-3"] {
                try write(Array("text".utf8), to: path)
                let notice = try Index.open(at: path, now: someTime).notice
                let aside = path.suffixed(".corrupt-20261123T184500Z" + ending)
                #expect(notice == .movedAside(path, to: aside, reason: "file is not a database"))
            }
        }
    }

    @Test(arguments: 1...10)
    func agentsThatFindTheDamageAtTheSameTimeMoveItOnce(round: Int) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            try write(Array("text".utf8), to: path)
            try onThreads(8) { number in
                let index = try Index.open(at: path, now: someTime + Int64(number) * 1_000).index
                try index.events.record(Event(at: Int64(number), image: "a", provider: "local", outcome: .miss))
            }
            // Whoever was too late to move the text has not moved the new index instead.
            #expect(try Index.open(at: path, now: 0).index.events.totals(since: 0).misses == 8)
        }
    }

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
            // Now there is another file at the path, and it is not the one that was found damaged.
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
            // The last connection to a file removes `-wal` and `-shm` by name when it closes.
            old = nil
            #expect(exists(path.suffixed("-wal")))
            let another = try Index.open(at: path, now: 0).index
            try another.events.record(event)
            #expect(try new.events.totals(since: 0).misses == 2)

            let aside = try Database(at: path.suffixed(".corrupt-20261123T184500Z"))
            #expect(try aside.first("SELECT count(*) FROM events") { row in try row.int64(0) } == 1)
        }
    }

    @Test func aWriterKilledInTheMiddleLeavesWhatWasCommitted() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let copy = directory.appending("copy.db")
            let index = try Index.open(at: path, now: 0).index
            // So small a cache spills into the log before the transaction ends.
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
                // What another process would find if this one died now.
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

    // MARK: In the way

    @Test func aDirectoryIsRefusedAndNothingAppearsBesideIt() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            mkdir(path.string, 0o700)
            #expect(throws: IndexError.isDirectory(path)) { try Index.open(at: path, now: 0) }
            #expect(!exists(path.suffixed(".lock")))
        }
    }

    @Test func aFifoIsRefusedAtOnce() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            mkfifo(path.string, 0o600)
            #expect(throws: IndexError.notAFile(path)) { try Index.open(at: path, now: 0) }
        }
    }

    @Test func aParentThatCannotBeMadeIsNamed() throws {
        try withTemporaryDirectory { directory in
            let file = directory.appending("file")
            try write([1], to: file)
            let path = file.appending("cache").appending("index.db")
            #expect(throws: IndexError.cannotCreateDirectory(path, directory: file.appending("cache"), .notDirectory)) {
                try Index.open(at: path, now: 0)
            }
        }
    }

    @Test func aLockHeldBeyondTheTimeoutIsAnError() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            let holder = try Database(at: path)
            try holder.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (i INTEGER); COMMIT")
            #expect(throws: IndexError.locked(path)) {
                try Index.open(at: path, now: 0, busyTimeoutMilliseconds: 0)
            }
        }
    }

    @Test func aWriterThatHoldsTheLockIsAnErrorOnlyForWhoWrites() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let holder = try Index.open(at: path, now: 0).index
            try holder.database.immediateTransaction {
                let index = try Index.open(at: path, now: 0, busyTimeoutMilliseconds: 0).index
                #expect(try index.entries.all() == [])
                do {
                    try index.events.record(Event(at: 1, image: "a", provider: "local", outcome: .miss))
                    Issue.record("no error")
                } catch {
                    #expect(index.failure(error) == .locked(path))
                }
            }
        }
    }

    #if os(Linux)
        /// Runs `body` with a small file system of its own, mounted at the path it gets.
        private func withFileSystem(_ body: (FilePath) throws -> Void) throws {
            try withTemporaryDirectory { directory in
                let point = directory.appending("mount")
                mkdir(point.string, 0o700)
                guard mount("tmpfs", point.string, "tmpfs", 0, "size=256k") == 0 else {
                    print("not tested: no file system can be mounted here: \(Errno(rawValue: errno))")
                    return
                }
                defer { umount2(point.string, Int32(MNT_DETACH)) }
                try body(point)
            }
        }

        private func makeReadOnly(_ point: FilePath) {
            let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
            #expect(mount(nil, point.string, nil, flags, nil) == 0)
        }

        @Test func aReadOnlyFileSystemIsNotDamage() throws {
            try withFileSystem { point in
                let path = point.appending("index.db")
                _ = try Index.open(at: path, now: 0)
                let before = try contents(of: path)
                makeReadOnly(point)
                #expect(throws: IndexError.readOnly(path)) { try Index.open(at: path, now: 0) }
                #expect(try contents(of: path) == before)
                let other = point.appending("other.db")
                #expect(throws: IndexError.readOnly(other)) { try Index.open(at: other, now: 0) }
            }
        }

        @Test func aDamagedFileThatCannotBeMovedIsReadOnly() throws {
            try withFileSystem { point in
                let path = point.appending("index.db")
                try write(Array("text".utf8), to: path)
                try write([], to: path.suffixed(".lock"))
                makeReadOnly(point)
                #expect(throws: IndexError.readOnly(path)) { try Index.open(at: path, now: 0) }
            }
        }

        @Test func aFullDiskIsSaidWhenOpeningAndWhenWriting() throws {
            try withFileSystem { point in
                let path = point.appending("index.db")
                let index = try Index.open(at: path, now: 0).index
                let filler = try FileDescriptor.open(
                    point.appending("filler"),
                    .writeOnly,
                    options: .create,
                    permissions: .ownerReadWrite
                )
                while (try? filler.writeAll([UInt8](repeating: 0, count: 4_096))) != nil {}
                try filler.close()

                let other = point.appending("other.db")
                #expect(throws: IndexError.diskFull(other)) { try Index.open(at: other, now: 0) }
                do {
                    let checkout = try index.directoryStates.checkout(for: [1], now: 0)
                    let records = [UInt8](repeating: 1, count: 1_000_000)
                    try index.directoryStates.update(checkout: checkout, changed: [([1], records)], removed: [])
                    Issue.record("no error")
                } catch {
                    #expect(index.failure(error) == .diskFull(path))
                }
                // What was there can still be read.
                #expect(try index.entries.all() == [])
            }
        }
    #endif
}
