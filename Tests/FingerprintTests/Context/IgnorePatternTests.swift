import Fingerprint
import SystemPackage
import Testing

/// The expected values in these tables come from moby/patternmatcher itself.
@Suite struct IgnorePatternTests {
    /// Whether `path` is excluded when its parents are judged in sequence, as in a walk.
    static func excludes(_ content: [UInt8], _ path: [UInt8], dialect: IgnoreDialect = .current) throws -> Bool {
        let patterns = try IgnorePatterns(parsing: content, file: "ignore", dialect: dialect)
        var parent = IgnorePatterns.Matches.root
        for slash in path.indices where path[slash] == UInt8(ascii: "/") {
            parent = try Array(path[..<slash]).withUnsafeBufferPointer {
                try patterns.verdict(directory: $0, parent: parent).1
            }
        }
        return try path.withUnsafeBufferPointer { try patterns.excludes($0, parent: parent) }
    }

    static func excludes(_ content: String, _ path: String) throws -> Bool {
        try excludes(Array(content.utf8), Array(path.utf8))
    }

    @Test(arguments: [
        ("", "a", false),
        ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("a", "a/b", true), ("a", "b/a", false),
        ("a/b", "a/b/c", true), ("a/b", "a", false),
        ("*", "a", true), ("*", ".a", true), ("*", "a/b", true),
        ("*.md", "a.md", true), ("*.md", "d/a.md", false), ("*/*.md", "d/a.md", true), ("*.md", "a.mdx", false),
        ("a*", "abc", true), ("a*c", "abbc", true), ("a*c", "ab/c", false), ("?", "a", true), ("?", "ab", false),
        ("?", "é", true), ("a?b", "a/b", false),
        ("**", "a/b/c", true), ("**/a", "a", true), ("**/a", "x/y/a", true), ("**/a", "xa", false),
        ("**a", "xa", true), ("**a", "x/ya", true),
        ("a/**", "a", false), ("a/**", "a/b", true), ("a**", "abc", true), ("a**", "a", true),
        ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("a/**/b", "ab", false),
        ("**/*.go", "x/y.go", true), ("**/x*", "a/x1", true), ("***", "a", true), ("a/***", "a/b/c", true),
        ("[ab]", "a", true), ("[ab]", "c", false), ("[a-c]x", "bx", true), ("[^a]", "b", true), ("[^a]", "a", false),
        ("[^a]b", "/b", true), ("[!a]", "!", true), ("[!a]", "b", false), ("[-]", "-", false), ("[a\\-z]", "-", true),
        ("[\\]]", "]", true), ("[é]", "é", true), ("[a-z]", "B", false),
    ])
    func simplePatterns(content: String, path: String, isExcluded: Bool) throws {
        if content == "[-]" {
            #expect(throws: IgnorePatternError.self) { try Self.excludes(content, path) }
        } else {
            #expect(try Self.excludes(content, path) == isExcluded)
        }
    }

    @Test(arguments: [
        ("a\n!a", "a", false), ("!a\na", "a", true), ("*\n!a", "a", false), ("*\n!a", "b", true),
        ("a\n!a/b", "a/b", false), ("a\n!a/b", "a/c", true), ("a\n!a/b\na/b/c", "a/b/c", true),
        ("a\n!a/b\na/b/c", "a/b/d", false), ("*\n!**/*.go", "x/y.go", false), ("*\n!**/*.go", "x/y.c", true),
        ("**/x\n!a/x", "a/x/y", false), ("**/x\n!a/x", "b/x/y", true), ("a/*\n!a/b", "a/b/c", false),
        ("!!a\n!a", "!a", false), ("*\n!!a", "!a", false), ("*\n!!a", "a", true),
        ("*\n! a", "a", false), ("*\n!/a", "a", false), ("*\n!./a", "a", false),
        ("a/b\n!a", "a/b", true), ("a\n!a/../a/b", "a/b", false),
    ])
    func exceptions(content: String, path: String, isExcluded: Bool) throws {
        #expect(try Self.excludes(content, path) == isExcluded)
    }

    @Test(arguments: [
        (" a ", "a", true), ("\ta\t", "a", true), ("\u{A0}a\u{2003}", "a", true), ("a\r\nb\r\n", "b", true),
        ("#a", "#a", false), (" #a", "#a", true), ("\\#a", "#a", true), ("\n\n \na", "a", true), ("a # b", "a", false),
        ("/a", "a", true), ("//a", "a", true), ("/", "a", false), ("a/", "a", true), ("./a", "a", true),
        ("a//b", "a/b", true), ("a/./b", "a/b", true), ("a/../b", "b", true), ("../a", "a", false), ("..", "a", false),
        ("a/../../b", "b", false), (".", "a", false), ("./", "a", false), ("", "", false), ("/../a", "a", true),
        ("\u{FEFF}a", "a", true), ("x\n\u{FEFF}a", "a", false), ("x\n\u{FEFF}a*", "ab", true),
        ("\u{FEFF}#a\n", "#a", false),
    ])
    func linesAreTrimmedAndCleaned(content: String, path: String, isExcluded: Bool) throws {
        #expect(try Self.excludes(content, path) == isExcluded)
    }

    @Test(arguments: [
        ("\\a*", "\u{7}x", true), ("\\*", "*", true), ("\\*", "a", false), ("\\?", "?", true), ("\\[a]", "[a]", true),
        ("\\d", "7", true), ("\\d", "d", false), ("\\w+", "a+", true), ("\\Qa*\\E", "a[^/]*", true),
        ("\\x61", "a", true),
        ("\\pL", "é", true), ("\\pL", "1", false), ("\\bab", "ab", true), ("\\141", "a", true), ("\\_", "_", true),
        ("[[:alpha:]]", "a", true), ("[[:alpha:]]", "1", false), ("[\\d]", "5", true), ("[^\\d]", "5", false),
        ("[*]", "[/]", true), ("[*]", "*", false), ("[?]", "/]", true), ("[a?]", "a]", true),
        ("a^b", "a^b", true), ("a^b*", "a^b", false), ("^a*", "ab", true),
        ("a.b*", "a.b", true), ("a.b*", "axb", false), ("a+*", "a+", true), ("(a)*", "(a)b", true), ("$*", "$a", true),
        ("a|b*", "ab", true), ("a{2}*", "aab", true), ("a{2}*", "a{2}b", false), ("a{*", "a{b", true),
    ])
    func whatLooksLikeARegularExpressionIsOne(content: String, path: String, isExcluded: Bool) throws {
        #expect(try Self.excludes(content, path) == isExcluded)
    }

    @Test func namesThatAreNotUTF8AreMatchedAsGoDoes() throws {
        #expect(try Self.excludes([0xFF], [0xFF]))
        #expect(try !Self.excludes([0xFF], [0xFE]))
        #expect(try Self.excludes(Array("?".utf8), [0xFF]))
        #expect(try !Self.excludes(Array("?".utf8), [0xFF, 0xFE]))
        #expect(
            try Self.excludes([0xFF] + Array("*".utf8), [0xFE, 0x61]),
            "in an expression every stray byte is U+FFFD"
        )
        #expect(try Self.excludes(Array("*".utf8), [0x61, 0x0A, 0x62]))
        #expect(try !Self.excludes(Array("x/**/a*".utf8), Array("x/b\nc/a".utf8)), "a dot does not match a line feed")
        #expect(try Self.excludes(Array("**/a".utf8), Array("x/b\nc/a".utf8)))
    }

    @Test(arguments: [
        ("a\n\n  [a\n", 3, "[a", IgnorePatternError.Problem.malformed),
        ("[]a]", 1, "[]a]", .malformed), ("[a-]", 1, "[a-]", .malformed), ("a\\", 1, "a\\", .malformed),
        ("![", 1, "![", .malformed), ("[^]", 1, "[^]", .malformed), ("x\n!\n", 2, "!", .emptyException),
        ("! ", 1, "!", .emptyException), ("!/", 1, "!/", .emptyException),
        ("[b-a]", 1, "[b-a]", .malformed), ("\\q", 1, "\\q", .malformed), ("a*[", 1, "a*[", .malformed),
        ("\\C", 1, "\\C", .malformed), ("[[:foo:]]", 1, "[[:foo:]]", .malformed),
    ])
    func malformedPatternsNameFileAndLine(
        content: String,
        line: Int,
        pattern: String,
        problem: IgnorePatternError.Problem
    ) throws {
        let error = #expect(throws: IgnorePatternError.self) { try Self.excludes(content, "b") }
        #expect(error?.line == line)
        #expect(error?.pattern == Array(pattern.utf8))
        #expect(error?.problem == problem)
        #expect(error?.description.hasPrefix("ignore, line \(line): ") == true)
    }

    @Test func aPatternThatIsNeverTriedNeverFails() throws {
        #expect(try !Self.excludes("![b-a]", "b"), "no file is excluded, so no exception is tried")
        #expect(try Self.excludes("*\n[b-a]", "b"))
    }

    @Test func aLineLongerThanDockerReadsIsAnError() throws {
        let line = [UInt8](repeating: 0x61, count: 65_535)
        #expect(try !Self.excludes(line + [0x0A], [0x61]))
        #expect(throws: IgnorePatternError.self) { try Self.excludes(line + [0x61], [0x61]) }
    }

    @Test(arguments: [
        ("a", "a", IgnorePatterns.DirectoryVerdict.excluded), ("b", "a", .included),
        ("a\n!a/b", "a", .includedIfNeeded), ("a\n!b/c", "a", .excluded), ("*\n!b/c", "b", .includedIfNeeded),
        ("*\n!b/c/**", "b", .includedIfNeeded), ("*\n!**/x", "a", .includedIfNeeded), ("*\n!b/*.c", "a", .excluded),
        ("*\n!b/*.c", "b", .includedIfNeeded), ("**\n!b/x*/*.c", "b/xy", .includedIfNeeded),
        ("a/*\n!a/*/**", "a/b", .excluded),
    ])
    func excludedDirectoriesAreEnteredOnlyForAnException(
        content: String,
        path: String,
        verdict: IgnorePatterns.DirectoryVerdict
    ) throws {
        let patterns = try IgnorePatterns(parsing: Array(content.utf8), file: "ignore")
        let found = try Array(path.utf8).withUnsafeBufferPointer {
            try patterns.verdict(directory: $0, parent: .root).0
        }
        #expect(found == verdict)
    }

    @Test func theIgnoreFileOfTheDockerfileCountsAlone() throws {
        try withTree { tree in
            try tree.write(".dockerignore", "a")
            try tree.write("build/Dockerfile", "")
            let context = BuildContext(root: tree.root, dockerfile: tree.path("build/Dockerfile"))
            #expect(try context.ignoreFile()?.belongsToDockerfile == false)
            try tree.write("build/Dockerfile.dockerignore", "")
            let file = try context.ignoreFile()
            #expect(file?.belongsToDockerfile == true)
            #expect(file?.path == tree.path("build/Dockerfile.dockerignore"))
            #expect(try context.ignorePatterns().isEmpty)
            #expect(try BuildContext(root: tree.root, dockerfile: nil).ignoreFile()?.content == Array("a".utf8))
            try tree.remove(".dockerignore")
            try tree.makeDirectory(".dockerignore")
            #expect(try BuildContext(root: tree.root, dockerfile: nil).ignoreFile() == nil)
        }
    }

    @Test func manyStarsDoNotStallTheWalk() throws {
        let pattern = String(repeating: "*a", count: 100) + "**/" + String(repeating: "*/", count: 50) + "b"
        #expect(try !Self.excludes(pattern, String(repeating: "a", count: 255)))
    }
}
