import Store
import SystemPackage
import TestSupport
import Testing

@Suite struct DirectoryStatesTests {
    private static let hour = DirectoryStates.touchIntervalMilliseconds

    private func rows(_ states: DirectoryStates, _ checkout: Int64) throws -> [[[UInt8]]] {
        var rows: [[[UInt8]]] = []
        try states.forEach(checkout: checkout) { directory, records in
            rows.append([Array(directory), Array(records)])
        }
        return rows
    }

    @Test func directoriesComeInTheOrderOfTheirBytes() throws {
        try withIndex { index in
            let states = index.directoryStates
            let checkout = try states.checkout(for: Array("/builds/app".utf8), now: 0)
            // The root is empty. A name on disk may be invalid UTF-8, and may contain zero bytes once it is packed.
            let directories: [[UInt8]] = [
                [], [0], [97], [97, 0, 98], Array("a/b".utf8), Array("aa".utf8), [0xC3], [0xFF, 0xFE],
            ]
            let changed = directories.reversed().map { directory in (directory: directory, records: directory + [1]) }
            try states.update(checkout: checkout, changed: changed, removed: [])
            #expect(try rows(states, checkout) == directories.map { [$0, $0 + [1]] })
        }
    }

    @Test func anUpdateWritesTheChangedAndDropsTheRemoved() throws {
        try withIndex { index in
            let states = index.directoryStates
            let checkout = try states.checkout(for: [47], now: 0)
            let big = [UInt8](repeating: 9, count: 300_000)
            try states.update(checkout: checkout, changed: [([1], [1]), ([2], [2]), ([3], [])], removed: [])
            try states.update(checkout: checkout, changed: [([2], big), ([4], [4])], removed: [[1], [9], [4]])
            #expect(try rows(states, checkout) == [[[2], big], [[3], []], [[4], [4]]])
        }
    }

    @Test func aCheckoutHasItsOwnRows() throws {
        try withIndex { index in
            let states = index.directoryStates
            let one = try states.checkout(for: Array("/builds/1".utf8), now: 0)
            let other = try states.checkout(for: Array("/builds/2".utf8), now: 0)
            try states.update(checkout: one, changed: [([1], [1])], removed: [])
            try states.update(checkout: other, changed: [([1], [2])], removed: [])
            try states.update(checkout: other, changed: [], removed: [[1]])
            #expect(try rows(states, one) == [[[1], [1]]])
            #expect(try rows(states, other) == [])
        }
    }

    @Test func lookingForACheckoutWritesNothing() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            let index = try Index.open(at: path, now: 0).index
            let reader = try Database(at: path, access: .readOnly)
            let states = DirectoryStates(reader)
            #expect(try states.findCheckout([47]) == nil)
            #expect(try rows(states, 1) == [])
            let checkout = try index.directoryStates.checkout(for: [47], now: 0)
            #expect(try states.findCheckout([47]) == checkout)
            // A checkout that was used within the last hour is not updated either.
            #expect(try states.checkout(for: [47], now: Self.hour) == checkout)
        }
    }

    @Test(
        arguments: [
            (Int64(0), Int64(0)),
            (hour, 0),
            (hour + 1, hour + 1),
            (-1, -1),
        ] as [(Int64, Int64)]
    )
    func aUseIsNotedAtMostOnceAnHour(now: Int64, noted: Int64) throws {
        try withIndex { index in
            let first = try index.directoryStates.checkout(for: [47], now: 0)
            #expect(try index.directoryStates.checkout(for: [47], now: now) == first)
            let time = try index.database.first("SELECT last_used_at FROM checkouts") { row in try row.int64(0) }
            #expect(time == noted)
        }
    }

    @Test func aRemovedCheckoutTakesItsRowsAlongAndItsNumberIsNotUsedAgain() throws {
        try withIndex { index in
            let states = index.directoryStates
            let old = try states.checkout(for: [1], now: 0)
            try states.update(checkout: old, changed: [([1], [1])], removed: [])
            try index.database.run("DELETE FROM checkouts WHERE id = ?1", old)
            #expect(try rows(states, old) == [])
            #expect(try states.checkout(for: [2], now: 0) != old)
            do {
                try states.update(checkout: old, changed: [([1], [1])], removed: [])
                Issue.record("no error")
            } catch ResultCode.constraint {
                // As documented.
            }
        }
    }

    @Test func anUpdateThatFailsHalfWayChangesNothing() throws {
        try withIndex { index in
            let states = index.directoryStates
            let checkout = try states.checkout(for: [1], now: 0)
            try states.update(checkout: checkout, changed: [([1], [1]), ([2], [2])], removed: [])
            try index.database.execute(
                """
                CREATE TRIGGER refuse BEFORE INSERT ON directory_states WHEN NEW.directory = x'05'
                BEGIN SELECT RAISE(ABORT, 'refused'); END
                """
            )
            #expect(throws: SQLiteError.self) {
                try states.update(checkout: checkout, changed: [([2], [9]), ([4], [4]), ([5], [5])], removed: [[1]])
            }
            #expect(try rows(states, checkout) == [[[1], [1]], [[2], [2]]])
        }
    }

    @Test func severalAgentsOnOneHostDoNotDisturbEachOther() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("index.db")
            try onThreads(4) { number in
                let index = try Index.open(at: path, now: 0).index
                let name = UInt8(number)
                for round: UInt8 in 0..<10 {
                    let checkout = try index.directoryStates.checkout(for: [name], now: 0)
                    let changed = (0..<20).map { (directory: [UInt8($0)], records: [name, round]) }
                    try index.directoryStates.update(checkout: checkout, changed: changed, removed: [[200]])
                }
            }
            let index = try Index.open(at: path, now: 0).index
            for name: UInt8 in 0..<4 {
                let checkout = try #require(try index.directoryStates.findCheckout([name]))
                #expect(try rows(index.directoryStates, checkout) == (0..<20).map { [[UInt8($0)], [name, 9]] })
            }
        }
    }
}
