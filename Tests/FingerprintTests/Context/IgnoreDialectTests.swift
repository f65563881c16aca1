import Fingerprint
import SystemPackage
import TestSupport
import Testing

@Suite struct IgnoreDialectTests {
    @Test(arguments: [
        (20, true, IgnoreDialect.docker20), (20, false, .legacyDocker20), (23, true, .current), (23, false, .legacy),
        (28, true, .current), (28, false, .legacy),
    ])
    func theClientAndTheBuilderDecide(major: Int, usesBuildKit: Bool, dialect: IgnoreDialect) {
        #expect(IgnoreDialect(clientMajor: major, usesBuildKit: usesBuildKit) == dialect)
    }

    @Test(arguments: [
        ("", false), ("a\n/b/*.py[cod]\n", false), ("**/node_modules\n.git\n", false), ("a/**\n**\n", false),
        ("!a", true), ("a\n! b", true), ("a+", true), ("(a)", true), ("a|b", true), ("a{2}", true), ("a^b", true),
        ("**.go", true), ("**a/b", true), ("[b-a]", true), ("x\n\u{FEFF}a", true), ("#!a+\n", false), ("$a.b?", false),
    ])
    func whatTheDialectsReadAlikeNeedsNoVersion(content: String, depends: Bool) throws {
        for dialect in IgnoreDialect.all {
            let patterns = try IgnorePatterns(parsing: Array(content.utf8), file: "ignore", dialect: dialect)
            #expect(patterns.dependsOnDialect == depends)
        }
    }

    @Test func whatDoesNotDependOnTheDialectIsReadAlikeInAll() throws {
        var random = SeededGenerator(seed: DockerContextTests.seed)
        var independent = 0
        var different = 0
        for number in 0..<100 {
            try withTree { tree in
                let content = try RandomContext.make(in: tree, using: &random)
                let context = BuildContext(root: tree.root, dockerfile: nil)
                let digests = try? IgnoreDialect.all.map { dialect in
                    let patterns = try context.ignorePatterns(dialect: dialect)
                    return try ContextScanner(root: tree.root, patterns: patterns).scan().context.digest
                }
                guard let digests else {
                    return
                }
                if Set(digests).count > 1 {
                    different += 1
                }
                if try !context.dependsOnDialect() {
                    independent += 1
                    #expect(Set(digests).count == 1, "tree \(number), ignore file:\n\(content)")
                }
            }
        }
        #expect(independent > 10)
        #expect(different > 0)
    }

    @Test func aDockerfileWithAnIgnoreFileOfItsOwnDependsOnTheDialect() throws {
        try withTree { tree in
            try tree.write(".dockerignore", "a\n")
            try tree.write("Dockerfile", "")
            let context = BuildContext(root: tree.root, dockerfile: tree.path("Dockerfile"))
            #expect(try !context.dependsOnDialect())
            try tree.write("Dockerfile.dockerignore", "")
            #expect(try context.dependsOnDialect())
            for dialect in [IgnoreDialect.current, .docker20] {
                #expect(try context.ignoreFile(dialect: dialect)?.content == [])
                #expect(try context.ignorePatterns(dialect: dialect).isEmpty)
            }
            for dialect in [IgnoreDialect.legacy, .legacyDocker20] {
                #expect(try context.ignoreFile(dialect: dialect)?.path == tree.path(".dockerignore"))
                #expect(try !context.ignorePatterns(dialect: dialect).isEmpty)
            }
        }
    }

    @Test func aDockerfileInADirectoryThatIsLeftOutDependsOnTheDialect() throws {
        try withTree { tree in
            try tree.write(".dockerignore", "deploy\n")
            try tree.write("deploy/Dockerfile", "")
            try tree.write("build/Dockerfile", "")
            #expect(try BuildContext(root: tree.root, dockerfile: tree.path("deploy/Dockerfile")).dependsOnDialect())
            #expect(try !BuildContext(root: tree.root, dockerfile: tree.path("build/Dockerfile")).dependsOnDialect())
        }
    }

    /// The directory `a` is excluded, except for one file in it.
    @Test(
        arguments: [
            (IgnoreDialect.current, 0o700), (.docker20, 0o700), (.legacy, 0o755), (.legacyDocker20, 0o755),
        ] as [(IgnoreDialect, UInt16)]
    )
    func theLegacyBuildersDaemonMakesADirectoryThatIsLeftOut(dialect: IgnoreDialect, permissions: UInt16) throws {
        try withTree { tree in
            try tree.write("a/b", "b")
            try tree.chmod("a", 0o700)
            try tree.write(".dockerignore", "a\n!a/b\n")
            let patterns = try BuildContext(root: tree.root, dockerfile: nil).ignorePatterns(dialect: dialect)
            let context = try ContextScanner(root: tree.root, patterns: patterns).scan().context
            #expect(context.entry(at: [0x61])?.permissions == permissions)
            #expect(context.entry(at: Array("a/b".utf8)) != nil)
        }
    }

    @Test(arguments: [
        (ContextEntryType.fifo, [true, false, true, true]), (.socket, [true, true, false, false]),
        (.file, [true, true, true, true]), (.directory, [true, true, true, true]),
    ])
    func someBuildersLeaveOutAKindOfFile(type: ContextEntryType, isSent: [Bool]) {
        #expect(IgnoreDialect.all.map { type.isSent(by: $0) } == isSent)
    }
}
