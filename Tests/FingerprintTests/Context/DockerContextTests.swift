import Fingerprint
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The context as this module sees it, beside what `COPY . /ctx` shows when the real daemon builds with BuildKit.
@Suite(.enabled(if: RealBuilder.isThere, "no Docker daemon with BuildKit answers"), .serialized)
struct DockerContextTests {
    static let seed = getenv("DOCKER_CACHE_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_123
    static let trees = 40

    @Test func randomTreesWithRandomIgnoreFilesAreSeenAsDockerSeesThem() throws {
        print("random trees: seed \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        for number in 0..<Self.trees {
            try withTree { tree in
                let content = try RandomContext.make(in: tree, using: &random)
                try compare(tree, comment: "tree \(number) of seed \(Self.seed), ignore file:\n\(content)")
            }
        }
    }

    /// What separates the two readings of ignore files, and what is special about kinds of files.
    @Test(arguments: [
        "*\n!**/*.go\n", "*\n!a/b\n!none/x\n", "a\n!a/b/f.go\n", "**/b\n!a/b\n", "*/b\n", "a/*\n!a/*/**\n", ".\n",
        "..\n",
        "\u{FEFF}a\n", " a \r\n#b\n", "/a\n", "a/\n", "[a-c]\n", "\\a*\n", "**\n!x\n", ".dockerignore\n", "a+b\n", "",
    ])
    func ignoreFilesAreReadAsDockerReadsThem(_ content: String) throws {
        try withTree { tree in
            try tree.write("a/b/f.go", "f")
            try tree.write("a/g", "g", mode: 0o4755)
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
            try compare(tree, comment: "ignore file:\n\(content)")
        }
    }

    private func compare(_ tree: Tree, comment: String) throws {
        let ours: [ContextEntry]
        do {
            let patterns = try BuildContext(root: tree.root, dockerfile: nil)
                .ignorePatterns(dialect: RealBuilder.dialect)
            ours = try ContextScanner(root: tree.root, patterns: patterns).scan().context.entries
                .filter(\.type.isSentByBuildKit)
        } catch {
            #expect(throws: Errno.self, "Docker takes what we refuse: \(error); \(comment)") {
                try withTemporaryDirectory { try RealBuilder.copy(tree.root, to: $0) }
            }
            return
        }
        let docker = try withTemporaryDirectory { directory in
            try RealBuilder.copy(tree.root, to: directory)
            return try ContextScanner(root: directory.appending("ctx"), patterns: .none).scan().context.entries
        }
        #expect(ours.map(\.line) == docker.map(\.line), "\(comment)")
        // FIFOs, which Docker leaves out, count in the digests of the directories that hold them.
        #expect(ours.filter { $0.type != .directory } == docker.filter { $0.type != .directory }, "\(comment)")
    }
}

/// The daemon that the environment names, and the first client on this machine that can build with BuildKit.
enum RealBuilder {
    private static let client = ["/usr/bin/docker", "docker"].first {
        run("DOCKER_BUILDKIT=1 \($0) build -q - </dev/null 2>&1 | grep -q buildx") != 0
            && run("\($0) version >/dev/null 2>&1") == 0
    }

    static let isThere = client != nil

    /// The client walks the context, so its age decides. With buildx it is as new as buildx is.
    static let dialect: IgnoreDialect = {
        guard let client else {
            return .current
        }
        let isOld = run("\(client) version --format '{{.Client.Version}}' | grep -Eq '^(1[0-9]|20)[.]'") == 0
        return isOld && run("\(client) buildx version >/dev/null 2>&1") != 0 ? .docker20 : .current
    }()

    /// Has Docker copy the context, and unpacks what it copied as `ctx` in `directory`.
    static func copy(_ context: FilePath, to directory: FilePath) throws {
        let tag = "docker-cache-test-\(getpid())"
        let script = """
            set -eu
            cd '\(directory)'
            printf 'FROM scratch\\nCOPY . /ctx\\n' > Dockerfile
            export DOCKER_BUILDKIT=1
            \(client ?? "docker") build -q --no-cache -f Dockerfile -t \(tag) '\(context)' >log 2>&1 ||
                { cat log; exit 1; }
            container=$(\(client ?? "docker") create \(tag) none)
            mkdir -p ctx
            \(client ?? "docker") export "$container" | tar -xp ctx
            \(client ?? "docker") rm "$container" >/dev/null
            \(client ?? "docker") rmi \(tag) >/dev/null
            """
        guard run(script) == 0 else {
            throw Errno.ioError
        }
    }

    private static func run(_ script: String) -> CInt { system(script) }
}

/// A generator that begins where its seed says (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Trees whose names are few, so that patterns hit them.
enum RandomContext {
    private static let names = ["a", "b", "ab", "c", "foo", "x.go", "y.go", ".x", "é", "a b", "d1", "[a]", "a+"]
    private static let parts = [
        "a", "b", "ab", "*", "*", "**", "?", "[ab]", "[^a]", "[a-c]", "*.go", "x.go", "foo", "a*", "*b", ".*", "é",
        "\\a*",
        "a?", "d[0-9]", "\\[a]", ".", "..", "**.go",
    ]

    /// Fills the tree; the content of its ignore file.
    static func make(in tree: Tree, using random: inout SeededGenerator) throws -> String {
        try fill(tree, below: "", depth: 0, using: &random)
        var lines: [String] = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let count = Int.random(in: 1...3, using: &random)
            let pattern = (0..<count).map { _ in parts.randomElement(using: &random) ?? "a" }.joined(separator: "/")
            let prefix = ["", "", "", "!", "!", "/", "!/", " ", "./"].randomElement(using: &random) ?? ""
            lines.append(prefix + pattern + (["", "", "/", " "].randomElement(using: &random) ?? ""))
        }
        let content = lines.joined(separator: Bool.random(using: &random) ? "\n" : "\r\n")
        try tree.write(".dockerignore", content)
        return content
    }

    private static func fill(
        _ tree: Tree,
        below directory: String,
        depth: Int,
        using random: inout SeededGenerator
    ) throws {
        for name in names where Int.random(in: 0..<3, using: &random) == 0 {
            let path = directory + name
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4 where depth < 3:
                try tree.makeDirectory(path)
                try fill(tree, below: path + "/", depth: depth + 1, using: &random)
                try tree.chmod(path, [0o755, 0o755, 0o700, 0o1777, 0o2755].randomElement(using: &random) ?? 0o755)
            case 4: try tree.link(path, to: ["a", "../b", "/none", "é"].randomElement(using: &random) ?? "a")
            case 5: try tree.makeFIFO(path)
            default:
                let mode: mode_t = [0o644, 0o755, 0o600, 0o4755, 0o444].randomElement(using: &random) ?? 0o644
                try tree.write(path, "\(Int.random(in: 0..<100, using: &random))", mode: mode)
            }
        }
    }
}
