@testable import Fingerprint
import Testing

/// What sources stand for in a real tree.
struct ContextSelectionTests {
    private func select(_ instruction: String, in tree: Tree) throws -> [SelectedSource] {
        let inputs = try #require(Dockerfiles().precise("FROM scratch\n\(instruction)"))
        return try ContextSelection(tree.scanner().scan().context).select(inputs.sources)
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
        ("COPY --parents ./a/./*/z.go /", ["a", "a/b", "a/b/z.go"]),
        ("COPY --parents a/* /", ["a", "a/b", "a/x.go", "a/y.txt"]), ("COPY --parents *.none /", []),
        ("COPY --parents a/b /", ["a", "a/b"]), ("COPY --parents . /", [""]),
    ])
    func entriesAreFound(_ instruction: String, _ expected: [String]) throws {
        try withTree { tree in
            try make(tree)
            let selected = try select(instruction, in: tree)
            #expect(selected.flatMap(\.entries).map { String(decoding: $0.path, as: UTF8.self) } == expected)
        }
    }

    @Test(arguments: ["COPY link /", "COPY link/x.go /", "COPY l* /", "RUN --mount=source=link,target=/x true"])
    func aLinkInTheWayIsAnError(_ instruction: String) throws {
        try withTree { tree in
            try make(tree)
            #expect { try select(instruction, in: tree) } throws: {
                "\($0)" == "line 2: the builder would follow the link link"
            }
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
