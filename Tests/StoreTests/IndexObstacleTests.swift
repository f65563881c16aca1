import CLibrary
import Store
import SystemPackage
import TestSupport
import Testing

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

    /// Runs `body` with a small file system of its own, mounted at the path it gets.
    private func withFileSystem(_ body: (FilePath) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let point = directory.appending("mount")
            mkdir(point.string, 0o700)
            guard mount("tmpfs", point.string, "tmpfs", 0, "size=512k") == 0 else {
                print("not tested: no file system can be mounted here: \(Errno(rawValue: errno))")
                return
            }
            defer { umount2(point.string, Int32(MNT_DETACH)) }
            try body(point)
        }
    }

    /// A process that another test starts just now has our files open until it becomes another program, and so
    /// the file system is busy for a moment.
    private func makeReadOnly(_ point: FilePath) throws {
        let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        while mount(nil, point.string, nil, flags, nil) != 0 {
            try #require(errno == EBUSY)
            usleep(1_000)
        }
    }

    @Test func aReadOnlyFileSystemIsNotDamage() throws {
        try withFileSystem { point in
            let path = point.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            let before = try contents(of: path)
            try makeReadOnly(point)
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
            try makeReadOnly(point)
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
}
