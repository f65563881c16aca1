import CLibrary
import SystemPackage
import TestSupport
import Testing

@testable import Store

/// Files of other programs at the path of an index.
@Suite struct IndexForeignFileTests {
    private func expectUntouched(_ path: FilePath, lock: Bool) throws {
        let before = try contents(of: path)
        #expect(throws: IndexError.foreign(path)) { try Index.open(at: path, now: someTime) }
        #expect(try contents(of: path) == before)
        #expect(exists(path.suffixed(".lock")) == lock)
        #expect(!exists(path.suffixed(".corrupt-20261123T184500Z")))
    }

    @Test(arguments: [
        Array("FROM debian\n".utf8), [0, 0], Array(repeating: 0, count: 20_000), Array("SQLite format 2\0".utf8),
    ])
    func whatNeverWasAnIndexIsLeftAlone(bytes: [UInt8]) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("Dockerfile")
            try write(bytes, to: path)
            try expectUntouched(path, lock: false)
        }
    }

    @Test func aLinkToATextIsLeftAloneAndNothingAppearsBesideEither() throws {
        try withTemporaryDirectory { directory in
            let link = directory.appending("index.db")
            let target = directory.appending("Dockerfile")
            try write(Array("FROM debian\n".utf8), to: target)
            #expect(symlink("Dockerfile", link.string) == 0)
            try expectUntouched(link, lock: false)
            #expect(!exists(target.suffixed(".lock")))
        }
    }

    @Test(arguments: ["CREATE TABLE theirs (i INTEGER)", "PRAGMA application_id = 7"])
    func aDatabaseOfAnotherApplicationIsLeftAlone(sql: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("theirs.db")
            try Database(at: path, access: .create).execute(sql)
            try expectUntouched(path, lock: false)
        }
    }

    /// A flipped bit in the number must not make the index permanently unusable.
    @Test(arguments: [0, 7, 0x446B_7242]) func anIndexThatCarriesAnotherNumberIsMovedAside(number: Int) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            _ = try Index.open(at: path, now: 0)
            try Database(at: path).execute("PRAGMA application_id = \(number)")
            guard case .movedAside = try Index.open(at: path, now: someTime).notice else {
                Issue.record("it was not moved aside")
                return
            }
            #expect(try Index.open(at: path, now: someTime).notice == nil)
        }
    }

    @Test func anIndexCopiedWithoutItsLockFileIsUsed() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let copy = directory.appending("copy.db")
            _ = try Index.open(at: path, now: 0)
            try write(try contents(of: path), to: copy)
            #expect(try Index.open(at: copy, now: 0).notice == nil)
        }
    }

    /// A database header. The big-endian schema number is at 40, and the application number at 68.
    private static func header(schema: UInt8, application: [UInt8]) -> [UInt8] {
        var header = Array("SQLite format 3\0".utf8) + [UInt8](repeating: 0, count: 84)
        header[43] = schema
        header.replaceSubrange(68..<72, with: application)
        return header
    }

    @Test(
        arguments: [
            ([], false, false),
            (Array("SQLite format 3\0".utf8), false, true),
            (header(schema: 1, application: [0x44, 0x6B, 0x72, 0x43]), false, true),
            (header(schema: 1, application: [0x43, 0x72, 0x6B, 0x44]), false, false),
            (header(schema: 0, application: [0, 0, 0, 0]), false, true),
            (header(schema: 1, application: [0, 0, 0, 0]), false, false),
            (header(schema: 1, application: [0, 0, 0, 0]), true, true),
        ] as [([UInt8], Bool, Bool)]
    )
    func theHeaderSaysWhoseADatabaseIs(header: [UInt8], hasLog: Bool, isOurs: Bool) {
        #expect(IndexEvidence.speaksForIndex(header: header, hasLog: hasLog) == isOurs)
    }
}
