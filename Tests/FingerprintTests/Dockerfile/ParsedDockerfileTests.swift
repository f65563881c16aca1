@testable import Fingerprint
import Testing

/// The instructions that BuildKit's parser finds in Dockerfiles.
struct ParsedDockerfileTests {
    /// `line name|flags|arguments|here-documents`.
    private func parse(_ text: String) throws -> [String] {
        try ParsedDockerfile(Array(text.utf8)).instructions.map { instruction in
            ([[instruction.name], instruction.flags, [instruction.arguments], instruction.heredocs.map(\.content)]
                .map { $0.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",") })
                .joined(separator: "|")
        }
    }

    @Test(arguments: [
        ("FROM a", ["FROM||a|"]),
        ("from a", ["from||a|"]),
        ("\u{FEFF}FROM a", ["FROM||a|"]),
        ("FROM a\r\nRUN b\r\n", ["FROM||a|", "RUN||b|"]),
        ("  FROM a  \n\n# c\nRUN b", ["FROM||a|", "RUN||b|"]),
        ("FROM a\nRUN b \\\n  c", ["FROM||a|", "RUN||b   c|"]),
        ("FROM a\nRUN b \\\n# no\n\n  # nor this\n c", ["FROM||a|", "RUN||b  c|"]),
        ("FROM a\nRUN b \\  \n c", ["FROM||a|", "RUN||b  c|"]),
        ("FROM a\nRUN b \\\\\nRUN c", ["FROM||a|", "RUN||b \\\\|", "RUN||c|"]),
        ("FROM a\nRUN \\\n b", ["FROM||a|", "RUN||b|"]),
        ("FROM a\nRUN b\\", ["FROM||a|", "RUN||b|"]),
        ("# escape=`\nFROM a\nRUN b `\n c\\", ["FROM||a|", "RUN||b  c\\|"]),
        ("# syntax=docker/dockerfile:1\n# escape=`\nFROM a`\n b", ["FROM||a b|"]),
        ("# a comment\n# escape=\\\nFROM a\nRUN b `\nRUN c", ["FROM||a|", "RUN||b `|", "RUN||c|"]),
        ("FROM a\nCOPY --from=b --link  c d", ["FROM||a|", "COPY|--from=b,--link|c d|"]),
        ("FROM a\nCOPY --chown=\"a b\" -- --c d", ["FROM||a|", "COPY|--chown=a b|--c d|"]),
        ("FROM a\nRUN <<EOF\n  x\n# y\nEOF\nRUN c", ["FROM||a|", "RUN||<<EOF|  x\n# y\n", "RUN||c|"]),
        ("FROM a\nRUN <<-EOF\n\tx\n\tEOF\n", ["FROM||a|", "RUN||<<-EOF|\tx\n"]),
        ("FROM a\nCOPY <<A <<B /\na\nA\nb\nB\n", ["FROM||a|", "COPY||<<A <<B /|a\n,b\n"]),
        ("FROM a\nRUN [\"<<EOF\"]\nRUN c", ["FROM||a|", "RUN||[\"<<EOF\"]|", "RUN||c|"]),
        ("FROM a\nCMD <<EOF\nRUN c", ["FROM||a|", "CMD||<<EOF|", "RUN||c|"]),
        ("FROM a\nONBUILD RUN <<EOF\nx\nEOF", ["FROM||a|", "ONBUILD||RUN <<EOF|x\n"]),
        ("FROM a\nRUN b <<EOF \\\n c\nx\nEOF", ["FROM||a|", "RUN||b <<EOF  c|x\n"]),
    ])
    func instructionsAreReadAsBuildKitReadsThem(_ text: String, _ expected: [String]) throws {
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        ("", "the Dockerfile holds no instructions"),
        ("# only\n", "the Dockerfile holds no instructions"),
        ("FROM a\n\nRUN <<EOF\nx\n", "line 3: the here-document EOF is not closed"),
        ("# escape=x\nFROM a", "line 1: the escape directive must be \\ or `, not x"),
        ("# escape=`\n# escape=`\nFROM a", "line 2: an escape directive that not every version reads"),
        ("# c\n# escape=`\nFROM a", "line 2: an escape directive that not every version reads"),
        ("# syntax=a\n# syntax=b\nFROM a", "line 2: more than one syntax directive"),
        ("FROM a\0", "the Dockerfile is not UTF-8 text"),
    ])
    func errorsNameTheLine(_ text: String, _ expected: String) {
        #expect { try parse(text) } throws: { "\($0)" == expected }
    }

    @Test(arguments: [
        ("docker/dockerfile", true), ("docker/dockerfile:1", true), ("docker/dockerfile:1-labs", true),
        ("docker.io/docker/dockerfile:1.7", true), ("docker/dockerfile@sha256:0", true),
        ("docker/dockerfile-upstream", true), ("docker/dockerfile-upstream:master-labs", true),
        ("docker/dockerfile-other", false), ("example.com/docker/dockerfile", false), ("tonistiigi/x", false),
        ("docker/dockerfile:1 --x", false),
    ])
    func onlyDockersOwnFrontendIsKnown(_ syntax: String, _ expected: Bool) throws {
        #expect(
            try ParsedDockerfile(Array("#syntax = \(syntax) \nFROM a".utf8)).directives.usesDockerFrontend == expected
        )
        let behindShebang = Array("#!/usr/bin/x\n# SYNTAX=\(syntax)\nFROM a".utf8)
        #expect(try ParsedDockerfile(behindShebang).directives.usesDockerFrontend == expected)
    }

    /// BuildKit reads no escape directive after a comment.
    @Test(arguments: ["#!/usr/bin/x", "# a comment"])
    func anEscapeDirectiveAfterACommentIsNotCertain(first: String) throws {
        #expect(throws: DockerfileError.self) {
            try ParsedDockerfile(Array("\(first)\n# escape=`\nFROM a".utf8))
        }
        _ = try ParsedDockerfile(Array("\(first)\n# escape=\\\nFROM a".utf8))
    }

    @Test(arguments: [
        ("docker/dockerfile", true), ("docker/dockerfile:1", true), ("docker/dockerfile:1-labs", true),
        ("docker/dockerfile:1.2", true), ("docker/dockerfile:1.10.0-rc1-labs", true), ("docker/dockerfile:2", true),
        ("docker/dockerfile:latest", true), ("docker/dockerfile-upstream:master", true),
        ("docker/dockerfile:1.7@sha256:0", true), ("docker/dockerfile@sha256:0", false),
        ("docker/dockerfile:1.1.7", false), ("docker/dockerfile:1.0-experimental", false),
        ("docker/dockerfile:-", false),
        ("docker/dockerfile:experimental", false), ("docker/dockerfile:0.9", false), ("docker/dockerfile:.", false),
    ])
    func aFrontEndBefore12IsToldFromLaterOnes(_ syntax: String, _ expected: Bool) throws {
        #expect(
            try ParsedDockerfile(Array("# syntax=\(syntax)\nFROM a".utf8)).directives.isFrontEndRecent == expected
        )
        #expect(try ParsedDockerfile(Array("FROM a".utf8)).directives.isFrontEndRecent)
    }

    @Test(arguments: [
        (#"["a b", "c"]"#, ["a b", "c"]), (#" [ "a\u00e9\n\"" ] "#, ["aé\n\""]), ("[]", []),
        (#"["\ud83d\ude00"]"#, ["😀"]),
    ])
    func arraysOfStringsAreRead(_ text: String, _ expected: [String]) {
        #expect(JSONStrings.parse(Array(text.utf8))?.map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test(arguments: ["[a]", "['a']", "[\"a\"] b", "[1]", "[\"a\",]", "[\"\\x\"]", "a", "[\"a"])
    func anythingElseIsNoArray(_ text: String) { #expect(JSONStrings.parse(Array(text.utf8)) == nil) }
}
