@testable import Fingerprint
import Testing

/// Words with variables, and their expansion by BuildKit.
struct ShellLexerTests {
    private struct Values: ShellVariables {
        let values: [String: String] = [
            "x": "value", "empty": "", "path": "a/b/c/a", "dots": "lib.so.1.2", "PATH": "/bin", "spaced": "a b",
        ]

        func value(of name: [UInt8]) -> [UInt8]? {
            values[String(decoding: name, as: UTF8.self)].map { Array($0.utf8) }
        }
    }

    private func expand(_ word: String, escape: Character = "\\") throws -> String {
        var values = Values()
        let escape = escape.asciiValue ?? 0
        return String(
            decoding: try ShellLexer.expand(Array(word.utf8), escape: escape, variables: &values),
            as: UTF8.self
        )
    }

    @Test(arguments: [
        ("plain", "plain"), ("$x", "value"), ("${x}", "value"), ("a$x.b", "avalue.b"), ("a${x}b", "avalueb"),
        ("$none", ""), ("${none}", ""), ("$empty", ""), ("$", "$"), ("a$", "a$"), ("$.", "$."), ("$1a", "a"),
        ("$*a", "a"), ("$$x", "x"), ("\\$x", "$x"), ("\\\\$x", "\\value"), ("'$x'", "$x"), ("\"$x\"", "value"),
        ("\"\\$x\"", "$x"), ("\"\\a\"", "\\a"), ("\"a'b\"", "a'b"), ("'a\"b'", "a\"b"), ("a\\", "a"), ("\\a", "a"),
        ("${x:-d}", "value"), ("${empty:-d}", "d"), ("${none:-d}", "d"), ("${none:-}", ""),
        ("${x-d}", "value"), ("${empty-d}", ""), ("${none-d}", "d"),
        ("${x:+d}", "d"), ("${empty:+d}", ""), ("${none:+d}", ""),
        ("${x+d}", "d"), ("${empty+d}", "d"), ("${none+d}", ""),
        ("${x:?d}", "value"), ("${x?d}", "value"), ("${empty?d}", ""),
        ("${none:-${x}}", "value"), ("${none:-a${none:-b}c}", "abc"), ("${none:-'a}b'}", "a}b"),
        ("${path#*/}", "b/c/a"), ("${path##*/}", "a"), ("${path%/*}", "a/b/c"), ("${path%%/*}", "a"),
        ("${path#a}", "/b/c/a"), ("${path%a}", "a/b/c/"), ("${path#x}", "a/b/c/a"), ("${path#?}", "/b/c/a"),
        ("${dots%.*}", "lib.so.1"), ("${dots%%.*}", "lib"), ("${dots##*.}", "2"), ("${none#a}", ""),
        ("${path/a/x}", "x/b/c/a"), ("${path//a/x}", "x/b/c/x"), ("${path/\\//-}", "a-b/c/a"),
        ("${path//\\//-}", "a-b-c-a"), ("${path/b*c/x}", "a/x/a"), ("${path/none/x}", "a/b/c/a"),
        ("${dots/./}", "libso.1.2"), ("é$x", "évalue"), ("<<$x", "<<value"),
    ])
    func wordsAreExpandedAsBuildKitExpandsThem(_ word: String, _ expected: String) throws {
        #expect(try expand(word) == expected)
    }

    @Test func theEscapeOfTheDockerfileEscapes() throws {
        #expect(try expand("`$x\\$x", escape: "`") == "$x\\value")
    }

    @Test(arguments: [
        "${", "${x", "${}", "${:-a}", "${{x}}", "'a", "\"a", "${x:-a", "${x:#a}", "${x!a}", "${none:?gone}", "${none?}",
        "${empty:?}", "${x#\\a}", "${path//a/$x$}", "$é", "${xé}",
    ])
    func whatCannotBeToldIsAnError(_ word: String) {
        #expect(throws: ShellError.self) { try expand(word) }
    }

    @Test(arguments: [
        ("RUN cat <<EOF", ["EOF"]), ("RUN cat <<EOF <<-END", ["EOF", "-END"]), ("RUN cat <<'EOF'", ["'EOF"]),
        ("RUN cat << EOF", ["EOF"]), ("RUN 3<<EOF", ["EOF"]), ("RUN a<<EOF", []), ("RUN cat <<\"A B\"", ["'A B"]),
        ("RUN cat <<<EOF", []), ("RUN cat '<<EOF'", []), ("RUN cat \"<<EOF\"", []), ("RUN it's <<EOF", []),
        ("RUN x <<E\"O\"F", ["'EOF"]), ("RUN cat <<$x", ["$x"]), ("RUN <<EOF cat", ["EOF"]),
        ("RUN a; <<EOF b", ["EOF"]),
    ])
    func hereDocumentsAreFoundInALine(_ line: String, _ expected: [String]) {
        let found = DockerfileHeredoc.announced(in: Array(line.utf8)).map { heredoc in
            (heredoc.dropsTabs ? "-" : "") + (heredoc.isExpanded ? "" : "'")
                + String(decoding: heredoc.name, as: UTF8.self)
        }
        #expect(found == expected)
    }
}
