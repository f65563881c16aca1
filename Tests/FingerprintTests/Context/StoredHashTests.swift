import CLibrary
import Store
import SystemPackage
import Testing

@testable import Fingerprint

/// When a stored hash is trusted (docs/keys.md).
@Suite struct StoredHashTests {
    private static let second: Int64 = 1_000_000_000

    @Test(arguments: [
        (modified: 100, changed: 100, hashed: 102, true),
        (modified: 100, changed: 100, hashed: 101, false),
        (modified: 100, changed: 101, hashed: 102, false),
        (modified: 101, changed: 100, hashed: 102, false),
        (modified: 200, changed: 100, hashed: 150, false),
        (modified: 100, changed: 200, hashed: 150, false),
        (modified: -100, changed: 100, hashed: 150, true),
    ])
    func onlyAHashOfARestingFileIsKept(modified: Int64, changed: Int64, hashed: Int64, isKept: Bool) {
        let state = FileState(
            device: 1,
            inode: 1,
            mode: 0o100644,
            size: 1,
            modified: modified * Self.second,
            changed: changed * Self.second
        )
        #expect(state.isSettled(at: hashed * Self.second) == isKept)
    }

    @Test func theFarthestTimesAreNotBelieved() {
        let future = FileState(device: 1, inode: 1, mode: 0, size: 0, modified: .max, changed: 0)
        #expect(!future.isSettled(at: .max))
        let past = FileState(device: 1, inode: 1, mode: 0, size: 0, modified: .min, changed: .min)
        #expect(!past.isSettled(at: .min))
    }

    /// The result of a scan, and that of a later scan that uses its records.
    private func rescan(
        firstAhead: Int64 = 10,
        secondAhead: Int64 = 20,
        _ change: (Tree) throws -> Void
    ) throws -> (before: ContextScanner.Outcome, after: ContextScanner.Outcome) {
        try withTree { tree in
            try tree.write("file", "one")
            let clock = TestClock()
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            clock.set(secondsAhead: firstAhead)
            let before = try scanner.scan()
            try change(tree)
            clock.set(secondsAhead: secondAhead)
            let after = try scanner.scan(known: KnownDirectories(before.changes))
            #expect(try after.context.digest == tree.digest(ignoring: ""))
            return (before, after)
        }
    }

    @Test func aFileThatRestedIsNotReadAgain() throws {
        let (_, after) = try rescan { _ in }
        #expect(after.context.statistics.reused == 1)
        #expect(after.context.statistics.hashed == 0)
    }

    @Test func aFileReplacedWithTheSameSizeAndTimeIsReadAgain() throws {
        let (before, after) = try rescan { tree in
            let time = try tree.modified("file")
            try tree.write("file", "two")
            try tree.setModified("file", time)
        }
        #expect(after.context.statistics.hashed == 1)
        #expect(after.context.digest != before.context.digest)
    }

    @Test func aFileThatWasWrittenAMomentAgoIsNotRemembered() throws {
        let (before, after) = try rescan(firstAhead: 1) { _ in }
        #expect(before.changes.isEmpty, "a second write in the same tick would not show")
        #expect(after.context.statistics.hashed == 1)
        #expect(!after.changes.isEmpty, "by now it has rested")
    }

    @Test func aTimeInTheFutureIsNeverBelieved() throws {
        let (before, after) = try rescan { _ in }
        #expect(!before.changes.isEmpty)
        try withTree { tree in
            try tree.write("file", "one")
            try tree.setModified("file", timespec(tv_sec: 4_000_000_000, tv_nsec: 0))
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            let outcome = try scanner.scan()
            #expect(try scanner.scan(known: KnownDirectories(outcome.changes)).context.statistics.hashed == 1)
        }
        #expect(after.context.statistics.hashed == 0)
    }

    @Test func whenTheClockWasSetBackNothingFromAfterwardsIsBelieved() throws {
        let (_, after) = try rescan(firstAhead: 3600, secondAhead: 10) { _ in }
        #expect(after.context.statistics.hashed == 1)
        #expect(!after.changes.isEmpty)
    }

    @Test func aFileReplacedByRenameIsReadAgain() throws {
        let (_, after) = try rescan { tree in
            let time = try tree.modified("file")
            try tree.write("new", "two")
            try tree.setModified("new", time)
            try tree.move("new", to: "file")
        }
        #expect(after.context.statistics.hashed == 1)
    }

    @Test func aFileWithAnotherHardLinkIsReadAgainAndEqual() throws {
        let (_, after) = try rescan { try $0.hardLink("other", to: "file") }
        #expect(after.context.statistics.hashed == 2)
        #expect(
            after.context.entry(at: Array("other".utf8))?.digest == after.context.entry(at: Array("file".utf8))?.digest
        )
    }

    @Test func aWriteThroughAnotherHardLinkIsNoticed() throws {
        try withTree { tree in
            try tree.write("file", "one")
            try tree.hardLink("other", to: "file")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "other")
            scanner.clock = clock.scanClock
            let before = try scanner.scan()
            let time = try tree.modified("file")
            try tree.write("other", "two")
            try tree.setModified("other", time)
            let after = try scanner.scan(known: KnownDirectories(before.changes))
            #expect(after.context.statistics.hashed == 1)
            #expect(after.context.digest != before.context.digest)
        }
    }

    @Test func aDifferentFileAtTheSameInodeIsReadAgain() throws {
        let (_, after) = try rescan { tree in
            let time = try tree.modified("file")
            // Most file systems reuse the freed number for the next file.
            try tree.remove("file")
            try tree.write("file", "two")
            try tree.setModified("file", time)
        }
        #expect(after.context.statistics.hashed == 1)
    }

    @Test func aWrongHashInTheIndexIsFoundWhenEverythingIsRead() throws {
        try withTree { tree in
            try tree.write("file", "one")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            let right = try scanner.scan()
            let state = try FileState(of: FileDescriptor.open(tree.path("file"), .readOnly).rawValue)
            var writer = DirectoryRecords.Writer(device: state.device, listed: nil, now: 0, capacity: 0)
            Array("file".utf8).withUnsafeBytes { writer.append(name: $0, state: state, digest: .zero.next) }
            var changes = DirectoryChanges()
            changes.changed = [([], try #require(try writer.finish(place: place("", in: tree))))]

            #expect(try scanner.scan(known: KnownDirectories(changes)).context.digest != right.context.digest)
            scanner.usesStoredHashes = false
            let careful = try scanner.scan(known: KnownDirectories(changes))
            #expect(careful.context.digest == right.context.digest)
            #expect(careful.context.statistics.wrongStoredHashes == 1)
            #expect(careful.changes.changed.count == 1, "the index is put right")
        }
    }

    @Test func recordsOfFilesThatAreGoneGoToo() throws {
        try withTree { tree in
            try tree.write("a/one", "1")
            try tree.write("a/two", "2")
            try tree.write("b/three", "3")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            let known = KnownDirectories(try scanner.scan().changes)
            try tree.remove("a/one")
            try tree.remove("b/three")
            try tree.remove("b")
            let changes = try scanner.scan(known: known).changes
            #expect(Set(changes.changed.map(\.directory)) == [[], Array("a".utf8)])
            #expect(changes.removed == [Array("b".utf8)])
            try tree.remove("a/two")
            try tree.remove("a")
            #expect(try scanner.scan(known: known).changes.removed.contains(Array("a".utf8)))
        }
    }

    @Test func aRememberedListOfNamesDoesNotOutliveAChange() throws {
        try withTree { tree in
            try tree.write("a/one", "1")
            try tree.write("a/b/two", "2")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            let changes: [(Tree) throws -> Void] = [
                { try $0.write("a/three", "3") },
                { try $0.move("a/one", to: "a/uno") },
                { try $0.makeDirectory("a/c") },
                { try $0.write("a/b/four", "4") },
                { try $0.remove("a/c") },
                { tree in
                    try tree.remove("a/three")
                    try tree.makeDirectory("a/three")
                },
            ]
            var known = KnownDirectories(try scanner.scan().changes)
            for change in changes {
                try change(tree)
                let outcome = try scanner.scan(known: known)
                #expect(try outcome.context.digest == tree.digest(ignoring: ""))
                known = KnownDirectories(try scanner.scan().changes)
            }
        }
    }

    @Test func whatAnotherIgnoreFileLeavesOutIsNotForgotten() throws {
        try withTree { tree in
            try tree.write("a/one", "1")
            try tree.write("a/two", "2")
            try tree.write("b/three", "3")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var all = try tree.scanner(ignoring: "")
            all.clock = clock.scanClock
            let known = KnownDirectories(try all.scan().changes)
            var some = try tree.scanner(ignoring: "b\na/two\n")
            some.clock = clock.scanClock
            #expect(try some.scan(known: known).changes.isEmpty)
            try tree.write("a/one", "new")
            let changes = try some.scan(known: known).changes
            #expect(changes.changed.count == 1)
            clock.set(secondsAhead: 30)
            #expect(try all.scan(known: KnownDirectories(changes)).context.statistics.reused == 2)
        }
    }

    /// The start of the checksum over a directory's records.
    private func place(_ directory: String, in tree: Tree) throws -> Checksum {
        var checksum = Checksum()
        let root = try #require(ResolvedPath.resolve(tree.path("."))).pathBytes
        for part in [root, Array(directory.utf8)] { part.withUnsafeBytes { checksum.add($0) } }
        return checksum
    }

    @Test func whatBelongsToAnotherDirectoryCountsAsNone() throws {
        try withTree { tree in
            try tree.write("file", "one")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            let state = try FileState(of: FileDescriptor.open(tree.path("file"), .readOnly).rawValue)
            for (directory, reused) in [("", 1), ("other", 0)] {
                var writer = DirectoryRecords.Writer(device: state.device, listed: nil, now: 0, capacity: 0)
                Array("file".utf8).withUnsafeBytes { writer.append(name: $0, state: state, digest: .zero.next) }
                var changes = DirectoryChanges()
                changes.changed = [([], try #require(try writer.finish(place: place(directory, in: tree))))]
                let after = try scanner.scan(known: KnownDirectories(changes)).context.statistics
                #expect(after.reused == reused)
                #expect(after.damagedRecords == 1 - reused)
            }
        }
    }

    @Test func aDamagedBlobCountsAsNone() throws {
        try withTree { tree in
            try tree.write("file", "one")
            try tree.write("other", "two")
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner(ignoring: "")
            scanner.clock = clock.scanClock
            let outcome = try scanner.scan()
            let blob = try #require(outcome.changes.changed.first).records
            for position in blob.indices {
                for bit in 0..<8 {
                    var damaged = blob
                    damaged[position] ^= 1 << bit
                    try check(damaged)
                }
                try check(Array(blob[..<position]))
            }
            func check(_ blob: [UInt8]) throws {
                var changes = DirectoryChanges()
                changes.changed = [([], blob)]
                let after = try scanner.scan(known: KnownDirectories(changes))
                #expect(after.context.digest == outcome.context.digest)
                #expect(after.context.statistics.hashed == 2)
                #expect(after.changes.changed.count == 1)
                // Records of an earlier version are expected, and need no warning.
                let isEarlier = blob.first.map { (1..<DirectoryRecords.version).contains($0) } ?? false
                #expect(after.context.statistics.damagedRecords == (isEarlier ? 0 : 1))
            }
        }
    }
}

extension ContextDigest {
    fileprivate var next: ContextDigest { ContextDigest(bytes: bytes.map { $0 + 1 }) ?? self }
}
