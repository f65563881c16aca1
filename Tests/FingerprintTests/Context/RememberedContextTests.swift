import Fingerprint
import Store
import SystemPackage
import Testing

/// A scan with a real index.
@Suite struct RememberedContextTests {
    private func withIndex(_ body: (Tree, Index, TestClock) throws -> Void) throws {
        try withTree { tree in
            try tree.write("context/a/one", "1")
            try tree.write("context/a/two", "2")
            try tree.write("context/a.b/three", "3")
            try tree.write("context/four", "4")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            try body(tree, Index.open(at: tree.path("index.db"), now: 1).index, clock)
        }
    }

    private func scan(
        _ tree: Tree,
        _ index: Index?,
        _ clock: TestClock,
        indexFailed: (any Error) -> Void = { Issue.record("\($0)") }
    ) throws -> ScannedContext {
        var scanner = ContextScanner(root: tree.path("context"), patterns: .none)
        scanner.clock = clock.scanClock
        return try scanner.scan(remembering: index?.directoryStates, now: 1, indexFailed: indexFailed)
    }

    @Test func whatTheIndexRemembersIsNotReadAgain() throws {
        try withIndex { tree, index, clock in
            let first = try scan(tree, index, clock)
            #expect(first.statistics.hashed == 4)
            let second = try scan(tree, index, clock)
            #expect(second.statistics.hashed == 0)
            #expect(second.statistics.reused == 4)
            #expect(second.digest == first.digest)
            try tree.write("context/a/one", "!")
            try tree.remove("context/a.b/three")
            try tree.remove("context/a.b")
            clock.set(secondsAhead: 20)
            let third = try scan(tree, index, clock)
            #expect(third.statistics.hashed == 1)
            #expect(try third.digest == scan(tree, nil, clock).digest)
            #expect(try scan(tree, index, clock).statistics.hashed == 0)
        }
    }

    @Test func oneContextIsTheSameByEveryPathThatLeadsToIt() throws {
        try withIndex { tree, index, clock in
            _ = try scan(tree, index, clock)
            try tree.link("alias", to: "context")
            var scanner = ContextScanner(root: tree.path("alias"), patterns: .none)
            scanner.clock = clock.scanClock
            let found = try scanner.scan(remembering: index.directoryStates, now: 1) { Issue.record("\($0)") }
            #expect(found.statistics.hashed == 0)
        }
    }

    @Test func anIndexThatFailsCostsNothingButTime() throws {
        try withIndex { tree, index, clock in
            let right = try scan(tree, index, clock)
            try index.database.execute("DROP TABLE directory_states")
            var failures = 0
            let found = try scan(tree, index, clock) { _ in failures += 1 }
            #expect(found.digest == right.digest)
            #expect(found.statistics.hashed == 4)
            #expect(failures == 1)
        }
    }

    @Test func whatWasRememberedOfADirectoryThatMovedAwayIsNotTakenForItsSuccessor() throws {
        try withIndex { tree, index, clock in
            _ = try scan(tree, index, clock)
            try tree.move("context", to: "elsewhere")
            try tree.write("context/four", "4")
            #expect(try scan(tree, index, clock).statistics.hashed == 1)
        }
    }
}
