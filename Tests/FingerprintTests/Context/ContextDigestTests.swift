import CLibrary
import Fingerprint
import SystemPackage
import Testing

/// A change to a tree, and whether an image that copies it would change.
struct Mutation: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let changesImage: Bool
    let apply: @Sendable (Tree) throws -> Void

    init(_ name: String, changesImage: Bool = true, _ apply: @escaping @Sendable (Tree) throws -> Void) {
        testDescription = name
        self.changesImage = changesImage
        self.apply = apply
    }

    static let all: [Mutation] = [
        .init("content") { try $0.write("a/file", "TWO") },
        .init("content of the same size, modification time put back") { tree in
            let time = try tree.modified("a/file")
            try tree.write("a/file", "eno")
            try tree.setModified("a/file", time)
        },
        .init("longer content") { try $0.write("a/file", "one and more") },
        .init("empty content") { try $0.write("a/file", "") },
        .init("executable") { try $0.chmod("a/file", 0o755) },
        .init("set-user-id") { try $0.chmod("a/file", 0o4644) },
        .init("sticky directory") { try $0.chmod("a", 0o1755) },
        .init("permissions of a directory") { try $0.chmod("empty", 0o700) },
        .init("name") { try $0.move("a/file", to: "a/file2") },
        .init("name of a directory") { try $0.move("a", to: "aa") },
        .init("moved to another directory") { try $0.move("a/file", to: "empty/file") },
        .init("two contents swapped") { tree in
            try tree.write("a/file", "two")
            try tree.write("b", "one")
        },
        .init("link target") { tree in
            try tree.remove("link")
            try tree.link("link", to: "elsewhere")
        },
        .init("link becomes a file with the target as its content") { tree in
            try tree.remove("link")
            try tree.write("link", "nowhere")
        },
        .init("file becomes a directory") { tree in
            try tree.remove("b")
            try tree.makeDirectory("b")
        },
        .init("empty directory goes") { try $0.remove("empty") },
        .init("empty directory comes") { try $0.makeDirectory("a/new") },
        .init("file comes") { try $0.write("a/new") },
        .init("file goes") { try $0.remove("a/file") },
        .init("FIFO comes") { try $0.makeFIFO("pipe") },
        .init("device comes") { try $0.makeDevice("null", S_IFCHR, major: 1, minor: 3) },
        .init("device becomes another") { tree in
            try tree.remove("zero")
            try tree.makeDevice("zero", S_IFCHR, major: 1, minor: 3)
        },
        .init("nothing", changesImage: false) { _ in },
        .init("touched", changesImage: false) { try $0.setModified("a/file", timespec(tv_sec: 1, tv_nsec: 0)) },
        .init("touched directory", changesImage: false) { try $0.setModified("a", timespec(tv_sec: 1, tv_nsec: 0)) },
        .init("owner", changesImage: false) { try $0.chown("a/file", 1000) },
        .init("written again", changesImage: false) { try $0.write("a/file", "one") },
        .init("replaced by an equal file", changesImage: false) { tree in
            try tree.write("other", "one")
            try tree.move("other", to: "a/file")
        },
        .init("permissions of the root", changesImage: false) { try $0.chmod(".", 0o700) },
        .init("ignored file", changesImage: false) { try $0.write("ignored/x", "other") },
        .init("file in an ignored directory", changesImage: false) { try $0.write("ignored/y", "new") },
    ]
}

@Suite struct ContextDigestTests {
    private func makeTree(_ tree: Tree) throws {
        try tree.write(".dockerignore", "ignored\n")
        try tree.write("a/file", "one")
        try tree.write("b", "two")
        try tree.makeDirectory("empty")
        try tree.link("link", to: "nowhere")
        try tree.makeDevice("zero", S_IFCHR, major: 1, minor: 5)
        try tree.write("ignored/x", "x")
    }

    @Test(arguments: Mutation.all)
    func theDigestChangesExactlyWhenTheImageWould(_ mutation: Mutation) throws {
        try withTree { tree in
            try makeTree(tree)
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner()
            scanner.clock = clock.scanClock
            let before = try scanner.scan()
            let known = KnownDirectories(before.changes)
            try mutation.apply(tree)

            let after = try scanner.scan(known: known).context.digest
            #expect((after != before.context.digest) == mutation.changesImage)
            #expect(try scanner.scan().context.digest == after, "with the index and without it the digest is the same")
        }
    }

    @Test func aSecondScanReadsNothing() throws {
        try withTree { tree in
            try makeTree(tree)
            let clock = TestClock()
            clock.set(secondsAhead: 10)
            var scanner = try tree.scanner()
            scanner.clock = clock.scanClock
            let first = try scanner.scan()
            #expect(first.context.statistics.hashed == 3)
            #expect(first.context.statistics.bytesRead == 14)
            let second = try scanner.scan(known: KnownDirectories(first.changes))
            #expect(second.context.statistics.hashed == 0)
            #expect(second.context.statistics.reused == 3)
            #expect(second.changes.isEmpty)
            #expect(second.context.digest == first.context.digest)
        }
    }

    @Test func theDigestIsWhatItWasInEveryRelease() throws {
        try withTree { tree in
            try tree.write("a/file", "one")
            try tree.write("b", "two", mode: 0o755)
            try tree.makeDirectory("empty")
            try tree.link("link", to: "nowhere")
            #expect(
                try tree.digest().description == "4fa0e08cde85d2591d7d21f063906e3e97fe4dcb9c79dd9e530079c995894bef",
                "a change of the encoding has to change its first line too, and this value with it"
            )
        }
    }

    @Test func whereTheContextLiesDoesNotMatter() throws {
        let digests = try (0..<2).map { _ in
            try withTree { tree in
                try makeTree(tree)
                return try tree.digest()
            }
        }
        #expect(digests[0] == digests[1])
    }

    @Test func theListingIsInTheOrderOfThePathsOfEachDirectory() throws {
        try withTree { tree in
            try makeTree(tree)
            #expect(
                try tree.listing() == [
                    "file 644 .dockerignore", "directory 755 a", "file 644 a/file", "file 644 b", "directory 755 empty",
                    "link 777 link", "character device 600 zero",
                ]
            )
        }
    }

    @Test func theRootMayBeALink() throws {
        try withTree { tree in
            try tree.write("real/x", "x")
            try tree.link("alias", to: "real")
            let direct = ContextScanner(root: tree.path("real"), patterns: .none)
            let byLink = ContextScanner(root: tree.path("alias"), patterns: .none)
            #expect(try direct.scan().context.digest == byLink.scan().context.digest)
        }
    }

    @Test func namesAreBytes() throws {
        try withTree { tree in
            let name: [UInt8] = [0xFF, 0x0A, 0x80]
            let path = FilePath(pathBytes: tree.root.pathBytes + [0x2F] + name)
            try FileDescriptor.open(path, .writeOnly, options: .create, permissions: [.ownerRead]).close()
            let context = try tree.scanner().scan().context
            #expect(context.entries.map(\.path) == [name])
            #expect(context.entry(at: name)?.type == .file)
        }
    }

    @Test(arguments: [1, 2, 8])
    func theNumberOfThreadsDoesNotMatter(_ threads: Int) throws {
        try withTree { tree in
            for number in 0..<600 {
                try tree.write("d\(number % 7)/e\(number % 3)/f\(number)", "content \(number)")
                try tree.write("wide/f\(number)", "\(number)")
            }
            var scanner = try tree.scanner()
            scanner.threads = threads
            let outcome = try scanner.scan()
            #expect(outcome.context.statistics.files == 1200)
            scanner.threads = 0
            #expect(try scanner.scan().context.digest == outcome.context.digest)
        }
    }

    @Test func entriesAreFoundByPath() throws {
        try withTree { tree in
            try makeTree(tree)
            let context = try tree.scanner().scan().context
            #expect(context.entry(at: Array("a/file".utf8))?.size == 3)
            #expect(context.entry(at: Array("a".utf8))?.type == .directory)
            #expect(context.entry(at: Array("ignored".utf8)) == nil)
            #expect(context.entry(at: Array("a/file/x".utf8)) == nil)
            #expect(context.entry(at: Array("none".utf8)) == nil)
        }
    }
}
