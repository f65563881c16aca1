import CLibrary
import Fingerprint
import SystemPackage
import TestSupport
import Testing

/// Compares this module's context with that of `COPY . /ctx` in a real build, for every available client and builder.
@Suite(.enabled(if: !RealBuilder.all.isEmpty, "no Docker daemon answers"), .serialized)
struct DockerContextTests {
    static let seed = getenv("DOCKER_CACHE_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_123
    static let trees = getenv("DOCKER_CACHE_TEST_TREES").flatMap { Int(String(cString: $0)) } ?? 15

    @Test(arguments: RealBuilder.all)
    func randomTreesWithRandomIgnoreFilesAreSeenAsDockerSeesThem(builder: RealBuilder) throws {
        print("random trees: seed \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        for number in 0..<Self.trees {
            try withTree { tree in
                let content = try RandomContext.make(in: tree, using: &random)
                try compare(tree, builder, comment: "tree \(number) of seed \(Self.seed), ignore file:\n\(content)")
            }
        }
    }

    /// Differences in the reading of ignore files, and special kinds of files.
    @Test(
        arguments: RealBuilder.all,
        [
            "*\n!**/*.go\n", "*\n!a/b\n!none/x\n", "a\n!a/b/f.go\n", "**/b\n!a/b\n", "*/b\n", "a/*\n!a/*/**\n",
            ".\n..\n",
            "\u{FEFF}a\n", " a \r\n#b\n[a-c]\n", "/a\nx/\n", "\\a*\n", "**\n!x\n", ".dockerignore\nDockerfile\n",
            "a+b\n",
            "**.go\n", "",
        ]
    )
    func ignoreFilesAreReadAsDockerReadsThem(builder: RealBuilder, content: String) throws {
        try withTree { tree in
            try tree.write("a/b/f.go", "f")
            try tree.write("a/g", "g", mode: 0o4755)
            try tree.chmod("a", 0o700)
            try tree.write("x/y/h.go", "h")
            try tree.write("a+b", "plus")
            try tree.write("aab", "no plus")
            try tree.write("b", "b", mode: 0o600)
            try tree.makeDirectory("empty")
            try tree.chmod("empty", 0o1777)
            try tree.link("link", to: "a")
            try tree.link("dangling", to: "../none")
            try tree.makeFIFO("pipe")
            try tree.write(".dockerignore", content)
            try compare(tree, builder, comment: "ignore file:\n\(content)")
        }
    }

    @Test(arguments: RealBuilder.all, ["", "deploy\n", "*\n", "deploy/*\n!b\n", "**/Dockerfile\n", "deploy/image/*\n"])
    func aDockerfileInADirectoryThatIsLeftOutBringsItIn(builder: RealBuilder, content: String) throws {
        try withTree { tree in
            try tree.write("deploy/image/other", "o")
            try tree.chmod("deploy", 0o700)
            try tree.write("b", "b")
            try tree.write(".dockerignore", content)
            try compare(tree, builder, dockerfile: "deploy/image/Dockerfile", comment: "ignore file:\n\(content)")
        }
    }

    @Test(arguments: RealBuilder.all)
    func theIgnoreFileOfTheDockerfileCountsWhereTheBuilderKnowsOfIt(builder: RealBuilder) throws {
        try withTree { tree in
            try tree.write("a", "a")
            try tree.write("b", "b")
            try tree.write(".dockerignore", "a\n")
            try tree.write("Dockerfile.dockerignore", "b\n")
            try compare(tree, builder, comment: "two ignore files")
        }
    }

    private func compare(
        _ tree: Tree,
        _ builder: RealBuilder,
        dockerfile: String = "Dockerfile",
        comment: String
    ) throws {
        try tree.write(dockerfile, "FROM scratch\nCOPY . /ctx\n")
        let ours: [ContextEntry]
        do {
            let patterns = try BuildContext(root: tree.root, dockerfile: tree.path(dockerfile))
                .ignorePatterns(dialect: builder.dialect)
            ours = try ContextScanner(root: tree.root, patterns: patterns).scan().context.entries
                .filter { $0.type.isSent(by: builder.dialect) }
        } catch {
            #expect(throws: Errno.self, "Docker takes what we refuse: \(error); \(comment)") {
                try withTemporaryDirectory { try builder.copy(tree.root, dockerfile: dockerfile, to: $0) }
            }
            return
        }
        let docker = try withTemporaryDirectory { directory in
            try builder.copy(tree.root, dockerfile: dockerfile, to: directory)
            return try ContextScanner(root: directory.appending("ctx"), patterns: .none).scan().context.entries
        }
        let isLegacy = !builder.usesBuildKit
        // An excluded Dockerfile may be listed, see `IgnoreFileLine.keeping`.
        let hidesDockerfile =
            isLegacy && dockerfile.contains("/") && !docker.contains { $0.path == Array(dockerfile.utf8) }
        let expected = ours.filter { !hidesDockerfile || $0.path != Array(dockerfile.utf8) }
            .map { isLegacy ? $0.afterChangeOfOwner : $0 }
        #expect(expected.map(\.line).difference(from: docker.map(\.line)).isEmpty, "\(comment)")
        // FIFOs, which BuildKit leaves out, are part of the digests of their directories.
        let isEqual = expected.filter { $0.type != .directory } == docker.filter { $0.type != .directory }
        #expect(isEqual, "\(comment)")
    }
}

extension ContextEntry {
    /// The legacy builder's `COPY` changes the owner of a file last, and Linux then drops set-user-id and set-group-id.
    fileprivate var afterChangeOfOwner: ContextEntry {
        let mask: UInt16 = type == .file ? 0o1777 : 0o7777
        return ContextEntry(path: path, type: type, permissions: permissions & mask, size: size, digest: digest)
    }
}
