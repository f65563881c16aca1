@testable import Fingerprint
import Testing

/// The files that sources select in a real tree.
struct ContextSelectionTests {
    private func select(_ instruction: String, in tree: Tree) throws -> [SelectedSource] {
        let inputs = try #require(Dockerfiles().precise("FROM scratch\n\(instruction)"))
        let target = BuildContext(root: tree.root, dockerfile: nil).target(ofLink:)
        return try ContextSelection(tree.scanner().scan().context, target: target).select(inputs.sources)
    }

    private func paths(_ instruction: String, in tree: Tree) throws -> [String] {
        try select(instruction, in: tree).flatMap(\.entries).map { String(decoding: $0.path, as: UTF8.self) }
    }

    private func make(_ tree: Tree) throws {
        for name in ["a/x.go", "a/y.txt", "a/b/z.go", "c/x.go", "c/é.go", "top.go", "[q].go", ".hidden"] {
            try tree.write(name, name)
        }
        try tree.link("link", to: "a")
    }

    @Test(arguments: [
        ("COPY a /", ["a"]), ("COPY a/b/ top.go /", ["a/b", "top.go"]), ("COPY . /", [""]), ("COPY none /", []),
        ("COPY *.go /", ["[q].go", "top.go"]), ("COPY */x.go /", ["a/x.go", "c/x.go"]),
        ("COPY ?/?.go /", ["a/x.go", "c/x.go", "c/é.go"]),
        ("COPY [a-b] /", ["a"]), ("COPY a/*/*.go /", ["a/b/z.go"]), ("COPY [[]q].go /", ["[q].go"]),
        ("COPY .h* /", [".hidden"]), ("COPY [^t]*.go /", ["[q].go"]), ("COPY a[^x]*.go /", ["a/x.go"]),
        ("COPY top.go/x /", []), ("COPY top.go/* /", []), ("COPY --parents a/b/*.go /", ["a", "a/b", "a/b/z.go"]),
        ("COPY --parents **/x.go /", ["a", "a/x.go", "c", "c/x.go"]),
        ("COPY --parents a/* /", ["a", "a/b", "a/x.go", "a/y.txt"]), ("COPY --parents *.none /", []),
        ("COPY --parents a/b /", ["a", "a/b"]), ("COPY --parents . /", [""]),
    ])
    func entriesAreFound(_ instruction: String, _ expected: [String]) throws {
        try withTree { tree in
            try make(tree)
            #expect(try paths(instruction, in: tree) == expected)
        }
    }

    private static let filtered: [(instruction: String, paths: [String])] = [
        ("COPY --parents ./a/./*/z.go /", ["a/b", "a/b/z.go"]),
        ("COPY --parents a/./b/./z.go /", ["a/b", "a/b/z.go"]), ("COPY --parents ?/./x.go /", ["a/x.go", "c/x.go"]),
        ("COPY --parents a/./b /", ["a/b"]), ("COPY --parents a/./ /", ["a"]), ("COPY --parents none/./a /", []),
        ("COPY --parents --exclude=a/x.go a/*.go top.go /", ["top.go"]),
        ("COPY --parents --exclude=**/b a/* /", ["a", "a/x.go", "a/y.txt"]),
        ("COPY --parents --exclude=b/z.go ./a/./* /", ["a/b", "a/x.go", "a/y.txt"]),
        ("COPY --exclude=*.txt a /", ["a", "a/b", "a/x.go"]),
        ("COPY --exclude=**/*.go a /", ["a", "a/b", "a/y.txt"]), ("COPY --exclude=b a /", ["a", "a/x.go", "a/y.txt"]),
        ("COPY --exclude=a/b --exclude=c . /", ["", ".hidden", "[q].go", "a", "a/x.go", "a/y.txt", "link", "top.go"]),
        ("COPY --exclude=b --exclude=!b/z.go a /", ["a", "a/b", "a/b/z.go", "a/x.go", "a/y.txt"]),
        ("COPY --exclude=** --exclude=!**/z.go a /", ["a", "a/b", "a/b/z.go"]),
        ("COPY --exclude=/b a /", ["a"]),
        ("COPY --exclude=*.go top.go /", ["top.go"]), ("ADD --exclude=./b a /", ["a", "a/x.go", "a/y.txt"]),
        ("COPY --exclude= a /", ["a"]), ("ARG X=b\nCOPY --exclude=$X a /", ["a"]), ("COPY --exclude=** a /", ["a"]),
    ]

    @Test(arguments: filtered)
    func whatIsExcludedDoesNotCount(_ instruction: String, _ expected: [String]) throws {
        try withTree { tree in
            try make(tree)
            #expect(try paths(instruction, in: tree) == expected)
        }
    }

    @Test(arguments: [
        ("COPY link /", ["link", "a"]), ("COPY link/x.go /", ["link", "a/x.go"]), ("COPY l* /", ["link", "a"]),
        ("COPY link/*.go /", ["link", "a/x.go"]), ("COPY out/chain/z.go /", ["out/chain", "out/up", "a/b/z.go"]),
        ("COPY out/root /", ["out/root", "a/b"]), ("COPY out/over /", ["out/over", "top.go"]),
        ("COPY out/none /", ["out/none"]), ("COPY */x.go /", ["a/x.go", "c/x.go"]),
        ("RUN --mount=source=link,target=/x true", ["link", "a"]),
        ("COPY --exclude=b link /", ["link", "a", "a/x.go", "a/y.txt"]),
        ("COPY --parents link/./b /", ["link", "a/b"]), ("COPY out /", ["out"]),
    ])
    func linksAreFollowedWithinTheContext(_ instruction: String, _ expected: [String]) throws {
        try withTree { tree in
            try make(tree)
            try tree.makeDirectory("out")
            try tree.link("out/up", to: "../a/b")
            try tree.link("out/chain", to: "up")
            try tree.link("out/root", to: "/a/b")
            try tree.link("out/over", to: "../../../top.go")
            try tree.link("out/none", to: "gone")
            #expect(try paths(instruction, in: tree) == expected)
        }
    }

    @Test(arguments: [
        ("COPY self /", "line 2: the link self leads to itself"),
        ("COPY back /", "line 2: where the link back leads cannot be told"),
        ("COPY --parents link/x.go /", "line 2: the builder may follow the link link"),
    ])
    func aLinkThatNobodyCanFollowIsAnError(_ instruction: String, _ message: String) throws {
        try withTree { tree in
            try make(tree)
            try tree.link("self", to: "self")
            try tree.link("back", to: "link/../a")
            #expect { try select(instruction, in: tree) } throws: { "\($0)" == message }
        }
    }

    /// After a partial scan, the target of a link may be missing only because it was not scanned.
    @Test func aLinkIsAnErrorWhereItCannotBeRead() throws {
        try withTree { tree in
            try make(tree)
            let inputs = try #require(Dockerfiles().precise("FROM scratch\nCOPY link /"))
            let selection = ContextSelection(try tree.scanner().scan().context)
            #expect { try selection.select(inputs.sources) } throws: {
                "\($0)" == "line 2: where the link link leads cannot be told"
            }
        }
    }

    /// The builder creates the copied directory with its own permissions. The directories below it keep theirs.
    @Test(arguments: [
        ("COPY a /a", false), ("COPY a/ /a/", false), ("COPY [a] /a", false), ("COPY . /a", true),
        ("COPY --parents a /", true), ("COPY --parents ./a/./b /", false), ("COPY --parents a/b /", true),
        ("COPY --exclude=b a /a", false), ("COPY --exclude=c . /a", true), ("COPY link /a", false),
        ("RUN --mount=source=a,target=/a true", true),
    ])
    func permissionsOfADirectoryCountWhereTheyReachTheImage(_ instruction: String, _ counts: Bool) throws {
        try withTree { tree in
            try make(tree)
            let before = SelectedSource.encode(try select(instruction, in: tree))
            try tree.chmod("a", 0o700)
            #expect((SelectedSource.encode(try select(instruction, in: tree)) != before) == counts)
            try tree.chmod("a", 0o755)
            try tree.chmod("a/b", 0o700)
            let isWithin = !instruction.contains("--exclude=b")
            #expect((SelectedSource.encode(try select(instruction, in: tree)) != before) == isWithin)
        }
    }

    @Test func aLinkBelowADirectoryIsCopiedAsALink() throws {
        try withTree { tree in
            try make(tree)
            try tree.link("a/inner", to: "x.go")
            #expect(try select("COPY a /", in: tree).map { $0.entries.count } == [1])
        }
    }

    @Test func onlyWhatASourceCoversChangesIt() throws {
        try withTree { tree in
            try make(tree)
            func encoded() throws -> [UInt8] { SelectedSource.encode(try select("COPY a *.go /", in: tree)) }
            let before = try encoded()
            try tree.write("c/new", "new")
            try tree.write("other.txt", "new")
            #expect(try encoded() == before)
            try tree.write("new.go", "new")
            let withNewMatch = try encoded()
            #expect(withNewMatch != before)
            try tree.write("a/b/deep", "new")
            #expect(try encoded() != withNewMatch)
        }
    }
}
