@testable import Fingerprint
import Store
import TestSupport
import Testing

/// A partial scan finds the same entries there as a complete scan.
@Suite struct ScanScopeTests {
    private static func scope(_ paths: [String], kind: ContextSource.Kind = .pattern) -> ScanScope {
        ScanScope(
            covering: paths.map {
                ContextSource(stage: "0", line: 1, instruction: "COPY", kind: kind, source: Array($0.utf8)).plainPath
            }
        )
    }

    @Test(arguments: [
        (["a"], "a", ScanScope.Place.inside), (["a"], "a/b", .inside), (["a"], "ab", .outside),
        (["a/b"], "a", .onTheWay),
        (["a/b"], "a/c", .outside), (["a/*.go"], "a/x", .inside), (["a/*.go"], "b", .outside),
        (["*"], "b", .inside), (["."], "b", .inside), (["a", "a-b", "a/c"], "a/d", .inside), ([], "a", .outside),
        (["a/../b"], "b", .inside), (["/a/"], "a/x", .inside),
    ])
    func aPathLiesInsideOrOutsideOrOnTheWay(paths: [String], path: String, place: ScanScope.Place) {
        #expect(Self.scope(paths).place(of: Array(path.utf8)) == place)
    }

    @Test func aMountHasNoWildcards() {
        #expect(Self.scope(["a/*"], kind: .mount).place(of: Array("a/b".utf8)) == .outside)
    }

    private static func make(_ tree: Tree) throws {
        for name in ["a/x", "a/b/y", "a-b/z", "c/d/e/f", "c/g", "top", "z/ignored", "z/kept"] {
            try tree.write("ctx/\(name)", name)
        }
        try tree.write("ctx/.dockerignore", "z\n!z/kept\n")
    }

    private static func scan(_ tree: Tree, _ scope: ScanScope, known: KnownDirectories = .init()) throws
        -> ContextScanner.Outcome
    {
        let patterns = try BuildContext(root: tree.path("ctx"), dockerfile: nil).ignorePatterns()
        var scanner = ContextScanner(root: tree.path("ctx"), patterns: patterns)
        scanner.scope = scope
        return try scanner.scan(known: known)
    }

    @Test(arguments: [["a"], ["a/b", "top"], ["c/d/*"], ["z"], ["a/b", "a-b"], ["none"], ["c/g/h"]])
    func whatIsInScopeIsWhatAWholeScanFinds(paths: [String]) throws {
        try withTree { tree in
            try Self.make(tree)
            let whole = try Self.scan(tree, .everything).context
            let scope = Self.scope(paths)
            let part = try Self.scan(tree, scope).context
            let expected = whole.entries.filter { scope.place(of: $0.path) == .inside }
            #expect(part.entries.filter { scope.place(of: $0.path) == .inside } == expected)
            #expect(part.entries.allSatisfy { scope.place(of: $0.path) != .outside })
            #expect(part.statistics.files <= whole.statistics.files)
        }
    }

    /// The next Dockerfile may use another part of the same context.
    @Test func whatIsKnownOfTheRestStaysKnown() throws {
        try withTree { tree in
            let index = try Index.open(at: tree.path("index.db"), now: 1).index
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            try Self.make(tree)
            let states = index.directoryStates
            func scan(_ scope: ScanScope) throws -> ScanStatistics {
                let patterns = try BuildContext(root: tree.path("ctx"), dockerfile: nil).ignorePatterns()
                var scanner = ContextScanner(root: tree.path("ctx"), patterns: patterns)
                scanner.scope = scope
                scanner.clock = clock.scanClock
                return try scanner.scan(remembering: states, now: 1) { Issue.record($0) }.statistics
            }
            let whole = try scan(.everything)
            #expect(whole.hashed == whole.files)
            let part = try scan(Self.scope(["a/b", "top"]))
            #expect(part.files == 2)
            #expect(part.hashed == 0)
            #expect(try scan(.everything).hashed == 0)
            clock.set(secondsAhead: 20)
            try tree.write("ctx/a/x", "changed")
            try tree.write("ctx/a/b/y", "changed")
            #expect(try scan(Self.scope(["a/b"])).hashed == 1)
            #expect(try scan(.everything).hashed == 1)
        }
    }
}
