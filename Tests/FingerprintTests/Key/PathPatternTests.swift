import Fingerprint
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@Suite struct PathPatternTests {
    static let files = [
        "package.json", "a/package.json", "a/b/package.json", "a/b/c.txt", ".git/config", "a/.hidden/package.json",
        "x*y/file", "d/e",
    ]

    @Test(
        arguments: [
            ("./package.json", ["package.json"]),
            ("a/*", ["a/b", "a/package.json"]),
            ("*/package.json", ["a/package.json"]),
            ("**/package.json", ["a/b/package.json", "a/package.json", "package.json"]),
            ("a/**", ["a", "a/b", "a/b/c.txt", "a/b/package.json", "a/package.json"]),
            ("a/?/c.txt", ["a/b/c.txt"]),
            ("[ad]/e", ["d/e"]),
            ("./.git/*", [".git/config"]),
            ("./.*/config", [".git/config"]),
            ("x\\*y/file", ["x*y/file"]),
            ("nothing/here", []),
            ("nothing/**/x", []),
            ("d/e/f", []),
            ("d/", ["d"]),
        ] as [(String, [String])]
    )
    func patternsMatchAsAShellHasThem(pattern: String, expected: [String]) throws {
        try withTemporaryDirectory { directory in
            for file in Self.files {
                let path = directory.appending(file)
                try FileManager.default.createDirectory(
                    atPath: path.removingLastComponent().string,
                    withIntermediateDirectories: true
                )
                try Data().write(to: URL(filePath: path.string))
            }
            let matches = try PathPattern(pattern).matches(in: directory).map { String(decoding: $0, as: UTF8.self) }
            #expect(matches == expected)
        }
    }
}
