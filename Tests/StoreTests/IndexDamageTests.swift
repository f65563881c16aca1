import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct IndexDamageTests {
    /// A file that was an index once: its lock file still exists.
    private static func lostIndex(at path: FilePath, _ bytes: [UInt8]) throws {
        try write([], to: path.suffixed(".lock"))
        try write(bytes, to: path)
    }

    private static func damagedIndex(at path: FilePath, _ damage: (FilePath) throws -> Void) throws {
        _ = try Index.open(at: path, now: 0)
        try damage(path)
    }

    /// Damage at the path of an index: how it is made, and the reported reason.
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
            Damage("two bytes", "file is not a database") { try lostIndex(at: $0, [0, 0]) },
            Damage("text", "file is not a database") {
                try lostIndex(at: $0, Array(repeating: 65, count: 20_000))
            },
            Damage("the header's first line", "file is not a database") {
                try write(Array("SQLite format 3\0".utf8), to: $0)
            },
            Damage("lost bookkeeping", "it is an index that has lost its number or its list of migrations") {
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
    func whatIsNoIndexAnyMoreIsMovedAside(damage: Damage) throws {
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

    @Test func aSecondDamageInTheSameSecondGetsANameOfItsOwn() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            for ending in ["", "-2", "-3"] {
                try Self.lostIndex(at: path, Array("text".utf8))
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
            try Self.lostIndex(at: path, Array("text".utf8))
            try onThreads(8) { number in
                let index = try Index.open(at: path, now: someTime + Int64(number) * 1_000).index
                try index.events.record(Event(at: Int64(number), image: "a", provider: "local", outcome: .miss))
            }
            // A process that was too late to move the damaged file has not moved the new index instead.
            #expect(try Index.open(at: path, now: 0).index.statistics.sums(EventFilter()).totals[.miss] == 8)
        }
    }
}
