import CLibrary
@testable import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct IndexCreationTests {
    private func permissions(_ path: FilePath) throws -> FilePermissions {
        try Stat(path, followTargetSymlink: false).permissions
    }

    /// Gives this thread its own umask. By default all threads of the process share one.
    private func unshareUmask() -> Bool {
        // The C header declares `unshare` only with _GNU_SOURCE.
        guard let symbol = dlsym(nil, "unshare") else {
            return false
        }
        let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
        let cloneFS: Int32 = 0x200
        return unshare(cloneFS) == 0
    }

    @Test(arguments: [mode_t(0), 0o022, 0o077, 0o277, 0o777])
    func directoriesAndFilesAreForTheirOwnerAloneWhateverTheUmask(mask: mode_t) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("cache").appending("docker-cache").appending("index.db")
            try onThreads(1) { _ in
                // A separate thread can have its own umask.
                guard unshareUmask() else {
                    print("not tested: umask \(mask): unshare: \(Errno(rawValue: errno))")
                    return
                }
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
                ("auto_vacuum", 2), ("user_version", Schema(migrations: Migration.all).version),
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

    /// SQLite treats a file of one byte as empty.
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
            try write([], to: target.suffixed(".lock"))
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
}
