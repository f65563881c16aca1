import Fingerprint
import Testing

@Suite struct ShellWordsTests {
    @Test(
        arguments: [
            ("", []),
            ("  \t\n ", []),
            ("--network none", ["--network", "none"]),
            ("a  b\tc\nd", ["a", "b", "c", "d"]),
            ("'a b' c", ["a b", "c"]),
            ("\"a b\" c", ["a b", "c"]),
            ("a' 'b\" \"c", ["a b c"]),
            ("'' \"\" x", ["", "", "x"]),
            ("a\\ b", ["a b"]),
            ("\"a\\\"b\\$c\\`d\\\\e\\f\"", ["a\"b$c`d\\e\\f"]),
            ("'a\\b'", ["a\\b"]),
            ("a\\\nb", ["ab"]),
            ("\"a\\\nb\"", ["ab"]),
            ("$HOME $(x) *", ["$HOME", "$(x)", "*"]),
            ("--label \"a=it's\"", ["--label", "a=it's"]),
        ] as [(String, [String])]
    )
    func wordsAreSplitAsAShellSplitsThem(text: String, words: [String]) throws {
        #expect(try ShellWords.split(text) == words)
    }

    @Test(arguments: [
        ("'a", ShellWords.SplitError.unclosedQuote("'")), ("\"a", .unclosedQuote("\"")), ("a\\", .trailingBackslash),
        ("\"a\\", .unclosedQuote("\"")),
    ])
    func whatIsNeverClosedIsRefused(text: String, error: ShellWords.SplitError) {
        #expect(throws: error) { try ShellWords.split(text) }
    }
}
