@testable import Fingerprint
import TestSupport
import Testing

/// BuildKit's treatment of arguments in cases that are easily misread. Each was found by building it.
@Suite struct DockerfileDoubtTests {
    @Test(arguments: [
        "FROM scratch\nARG A=x B=$A\nCOPY d$B /y", "FROM scratch\nARG A B=${A}2\nCOPY d$B /y",
        "ARG A=x B=$A\nFROM scratch\nARG B\nCOPY d$B /y", "ARG A=x B=$A\nFROM a$B\nCOPY d /y",
    ])
    func aDefaultThatUsesAnArgumentOfTheSameInstructionIsADoubt(text: String) {
        #expect(Dockerfiles().precise(text) == nil)
        #expect(Dockerfiles().precise(text.replacing("=$A", with: "=z").replacing("=${A}2", with: "=z")) != nil)
    }

    @Test func anArgumentThatIsGivenAgainWithoutAValueHasNone() throws {
        let parameters = DockerfileParameters(
            target: nil,
            buildArguments: [BuildArgument("A=d1", environment: [:]), BuildArgument("A", environment: [:])],
            platform: "linux/amd64"
        )
        let text = "FROM scratch\nARG A=d2\nCOPY $A /x"
        guard case .precise(let inputs) = PreciseInputs(dockerfile: Array(text.utf8), parameters: parameters) else {
            Issue.record("it is not precise")
            return
        }
        #expect(inputs.sources.map(\.path) == [Array("d2".utf8)])
    }

    /// With many stars in a pattern, trying every combination would take longer than the age of the universe.
    @Test func manyStarsAreMatchedInAMoment() throws {
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 200)
        let pattern = Array((String(repeating: "*a", count: 100) + "*b").utf8)
        #expect(try #require(GoMatchPattern(pattern)).matches(name) == false)
        #expect(try #require(GoMatchPattern(pattern.dropLast())).matches(name))
        let shell = try ShellPattern(pattern)
        #expect(try shell.trimmed(name, fromEnd: false, greedily: true) == name)
        #expect(try shell.trimmed(name + [UInt8(ascii: "b")], fromEnd: false, greedily: true).isEmpty)
    }

    @Test(arguments: [
        ("*", "a", true), ("*", "", true), ("*", "a/b", false), ("a*", "a/b", false), ("a*/b", "ax/b", true),
        ("*b*", "abc", true), ("*a*b", "aab", true), ("*ab", "aab", true), ("?*", "", false), ("*?", "é", true),
        ("[^a]*", "ba", true), ("*[ab]", "xb", true), ("*[ab]", "bx", false), ("", "", true), ("a", "ab", false),
    ])
    func aPatternMatchesAsInGo(pattern: String, name: String, matches: Bool) throws {
        #expect(try #require(GoMatchPattern(Array(pattern.utf8))).matches(Array(name.utf8)) == matches)
    }

    @Test(arguments: [
        ("*b", "abab", true, ""), ("*b", "abab", false, "ab"), ("a", "aab", true, "ab"), ("?", "é", true, ""),
        ("*", "abc", false, "abc"), ("*", "abc", true, ""), ("b", "ab", true, "ab"), ("a*b*c", "abcabc", false, "abc"),
    ])
    func aPrefixIsTakenAwayAsAShellDoes(pattern: String, value: String, greedily: Bool, rest: String) throws {
        let found = try ShellPattern(Array(pattern.utf8)).trimmed(
            Array(value.utf8),
            fromEnd: false,
            greedily: greedily
        )
        #expect(String(decoding: found, as: UTF8.self) == rest)
    }

    @Test func variablesThatLieDeepWithinEachOtherAreADoubt() {
        let nested = String(repeating: "${A:-", count: 5000) + "x" + String(repeating: "}", count: 5000)
        #expect(Dockerfiles().precise("FROM scratch\nARG A\nCOPY d\(nested) /x") == nil)
        #expect(Dockerfiles().precise("FROM scratch\nARG A\nCOPY d${A:-${A:-${A:-x}}} /x") != nil)
    }

    @Test func whatBuildsCounts() {
        let buildKit = KeyInputs(platform: "linux/amd64")
        var legacy = buildKit
        legacy.builder = "legacy"
        #expect(buildKit.key != legacy.key)
    }

    @Test func whatIsChangedAndChangedBackHasAnotherTime() throws {
        try withTree { tree in
            try tree.write("ctx/d/a", "A")
            func newest() throws -> Int64 {
                try ContextScanner(root: tree.path("ctx"), patterns: .none).scan().context.statistics.newestChange
            }
            let before = try newest()
            #expect(try newest() == before)
            try tree.write("ctx/d/a", "B")
            try tree.write("ctx/d/a", "A")
            let after = try newest()
            #expect(after > before)
            try tree.write("ctx/d/b", "")
            try tree.remove("ctx/d/b")
            #expect(try newest() > after)
        }
    }
}
