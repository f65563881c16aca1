import CLibrary
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite struct IndexObstacleTests {
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

    /// Runs `body` with a small new file system, mounted at the path that it receives.
    private func withFileSystem(_ body: (FilePath) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let point = directory.appending("mount")
            mkdir(point.string, 0o700)
            guard mount("tmpfs", point.string, "tmpfs", 0, "size=4m") == 0 else {
                print("not tested: no file system can be mounted here: \(Errno(rawValue: errno))")
                return
            }
            defer { umount2(point.string, Int32(MNT_DETACH)) }
            try body(point)
        }
    }

    /// A process that another test has just started has our files open until it runs another program. Until then the
    /// file system is busy.
    private func makeReadOnly(_ point: FilePath) throws {
        let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        for _ in 0..<10_000 {
            if mount(nil, point.string, nil, flags, nil) == 0 { return }
            try #require(errno == EBUSY)
            usleep(1_000)
        }
        Issue.record("the file system stays busy")
    }

    private static let entry = Entry(
        key: "ab",
        scope: "s",
        image: "i",
        provider: "local",
        builtAt: 1,
        createdAt: 1,
        lastUsedAt: 1
    )

    /// Expects the notice, and that the index can be read but not written.
    private func expectReadable(_ path: FilePath, _ reason: String) throws {
        let opened = try Index.open(at: path, now: 0)
        #expect(opened.notice == .readOnly(path, reason: reason))
        #expect(opened.index.isReadOnly)
        #expect(try opened.index.entries.find(key: "ab", scope: "s") == Self.entry)
        let error = #expect(throws: SQLiteError.self) { try opened.index.entries.remove(key: "ab", scope: "s") }
        #expect(error?.code == .readOnly)
        #expect(try opened.index.moveAside(now: 0) == nil)
        #expect(try Index.condition(at: path)?.obstacle == reason)
        #expect(try Index.condition(at: path)?.damage == nil)
    }

    private func fill(_ directory: FilePath) throws {
        let filler = try FileDescriptor.open(
            directory.appending("filler"),
            .writeOnly,
            options: .create,
            permissions: .ownerReadWrite
        )
        while (try? filler.writeAll([UInt8](repeating: 0, count: 4_096))) != nil {}
        try filler.close()
    }

    @Test func anIndexOnAReadOnlyFileSystemIsUsedForWhatItKnows() throws {
        try withFileSystem { point in
            let path = point.appending("a 100% ?#index.db")
            try Index.open(at: path, now: 0).index.entries.save(Self.entry)
            #expect(!exists(path.suffixed("-wal")))
            try makeReadOnly(point)
            try expectReadable(path, "its file system is read-only")
        }
    }

    /// A log that a killed process left is part of the index.
    @Test(arguments: [true, false]) func aLogOnAReadOnlyFileSystemIsReadToo(hasSharedMemory: Bool) throws {
        try withFileSystem { point in
            let path = point.appending("index.db")
            try withIndex { index in
                try #require(try index.emptyLog())
                try index.entries.save(Self.entry)
                for suffix in ["", "-wal"] + (hasSharedMemory ? ["-shm"] : []) {
                    try write(try contents(of: index.path.suffixed(suffix)), to: path.suffixed(suffix))
                }
            }
            try makeReadOnly(point)
            if hasSharedMemory {
                try expectReadable(path, "its file system is read-only")
            } else {
                // The log cannot be read without creating its shared memory, and the file is incomplete without the
                // log.
                #expect(throws: IndexError.self) { try Index.open(at: path, now: 0) }
            }
        }
    }

    @Test func anIndexOnAFullDiskIsUsedForWhatItKnows() throws {
        try withFileSystem { point in
            let path = point.appending("index.db")
            try Index.open(at: path, now: 0).index.entries.save(Self.entry)
            try fill(point)
            try expectReadable(path, "the disk is full")
            try FileManager.default.removeItem(atPath: point.appending("filler").string)
            #expect(try Index.open(at: path, now: 0).notice == nil)
        }
    }

    @Test func anIndexOfAnEarlierVersionThatCannotBeWrittenIsNotUsed() throws {
        try withFileSystem { point in
            let path = point.appending("index.db")
            _ = try Index.open(at: path, now: 0, schema: Schema(migrations: Array(Migration.all.dropLast())))
            try makeReadOnly(point)
            #expect(throws: IndexError.readOnly(path)) { try Index.open(at: path, now: 0) }
        }
    }

    @Test(arguments: ["target.db", "new/target.db", "second"]) func aLinkToNothingBecomesAnIndex(target: String) throws
    {
        try withTemporaryDirectory { directory in
            symlink("new/other.db", directory.appending("second").string)
            let path = directory.appending("index.db")
            symlink(target, path.string)
            #expect(try Index.condition(at: path) == nil)
            let opened = try Index.open(at: path, now: 0)
            #expect(opened.notice == nil)
            try opened.index.entries.save(Self.entry)
            #expect(try Index.open(at: path, now: 0).index.entries.all().count == 1)
            let place = directory.appending(target == "second" ? "new/other.db" : target)
            #expect(exists(place) && Index.location(of: path) == place)
            #expect(exists(place.suffixed("-wal")))
            #expect(try Stat(path, followTargetSymlink: false).type == .symbolicLink)
        }
    }

    @Test func linksThatLeadNowhereAreRefused() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            symlink("index.db", path.string)
            #expect(throws: IndexError.self) { try Index.open(at: path, now: 0) }
        }
    }

    @Test func aReadOnlyFileSystemIsNotDamage() throws {
        try withFileSystem { point in
            let path = point.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            let before = try contents(of: path)
            try makeReadOnly(point)
            _ = try Index.open(at: path, now: 0)
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
            try makeReadOnly(point)
            #expect(throws: IndexError.readOnly(path)) { try Index.open(at: path, now: 0) }
        }
    }

    @Test func aFullDiskIsSaidWhenOpeningAndWhenWriting() throws {
        try withFileSystem { point in
            let path = point.appending("index.db")
            let index = try Index.open(at: path, now: 0).index
            try fill(point)
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
            // Existing content can still be read.
            #expect(try index.entries.all() == [])
        }
    }
}
