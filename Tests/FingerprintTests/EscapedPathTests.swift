import Fingerprint
import Testing

@Suite struct EscapedPathTests {
    @Test(arguments: [
        ("a/b c", "a/b c"), ("größe/日本", "größe/日本"), ("two\nlines", "two\\x0alines"), ("tab\t\u{7f}", "tab\\x09\\x7f"),
        ("back\\slash", "back\\\\slash"), ("\\x0a", "\\\\x0a"), ("", ""),
    ])
    func aPathIsOneReadableLine(path: String, expected: String) {
        #expect(EscapedPath.text(Array(path.utf8)) == expected)
    }

    @Test func bytesThatAreNoTextAreShownInHex() {
        #expect(EscapedPath.text([0x61, 0xFF, 0x62, 0xC3]) == "a\\xffb\\xc3")
    }
}
