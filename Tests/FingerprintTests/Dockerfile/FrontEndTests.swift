import Fingerprint
import Testing

@Suite struct FrontEndTests {
    static func read(_ text: String, _ arguments: [String] = []) -> FrontEnd {
        FrontEnd(of: Array(text.utf8), arguments: BuildArgument.resolve(arguments, environment: [:]))
    }

    @Test(arguments: [
        "FROM a", "", "# a comment\nFROM a", "# syntax=docker/dockerfile:1\nFROM a", "#syntax = docker/dockerfile\n",
        "# syntax=docker.io/docker/dockerfile:1.7-labs\nFROM a",
        "FROM a\n# syntax=other/front", "\n# syntax=other/front",
        "#!/usr/bin/env x\n# syntax=docker/dockerfile:1\nFROM a", "\u{FEFF}# syntax=docker/dockerfile:1\r\nFROM a",
        "# escape=x\nFROM a",
    ])
    func itIsDockersOwn(text: String) {
        #expect(Self.read(text) == .docker)
    }

    @Test(arguments: [
        "# syntax=other/front\nFROM a", "# syntax=docker/dockerfile2\n", "#SYNTAX=docker/dockerfile-x:1\nFROM a",
        "\u{FEFF}# syntax=other/front\nFROM a",
        "#!/usr/bin/env x\n# syntax=other/front\n", "# escape=`\n# syntax=o/f\n",
        "# syntax=docker/dockerfile:1 option\nFROM a", "# syntax=docker/dockerfile:1\n# syntax=o/f\nFROM a",
        "// syntax=other/front\n{}", "#!/usr/bin/env x\n// syntax=other/front", "{\"syntax\": \"other/front\"}",
    ])
    func itIsAnother(text: String) {
        #expect(Self.read(text) != .docker)
    }

    @Test(arguments: [
        ("BUILDKIT_SYNTAX=other/front", false), ("BUILDKIT_SYNTAX=docker/dockerfile:1", true),
        ("BUILDKIT_SYNTAX=dockerfile.v0", true), ("BUILDKIT_SYNTAX", true), ("OTHER=other/front", true),
    ])
    func anArgumentOverridesTheFile(argument: String, isDockers: Bool) {
        #expect((Self.read("FROM a", [argument]) == .docker) == isDockers)
    }

    @Test(
        arguments: [
            ("FROM a", [], nil), ("# syntax=docker/dockerfile:1\nFROM a", [], "docker/dockerfile:1"),
            ("\u{FEFF}# a=b\n# syntax = other/front\nFROM a", [], "other/front"),
            ("# syntax=other/front\nFROM a", ["BUILDKIT_SYNTAX=docker/dockerfile:1"], "docker/dockerfile:1"),
            ("# syntax=other/front\nFROM a", ["BUILDKIT_SYNTAX=dockerfile.v0"], nil),
        ] as [(String, [String], String?)]
    )
    func itsImageIsNamed(text: String, arguments: [String], image: String?) {
        let resolved = BuildArgument.resolve(arguments, environment: [:])
        #expect(FrontEnd.image(of: Array(text.utf8), arguments: resolved) == image)
    }

    @Test func whatTheFileSaysIsPassedOver() {
        #expect(Self.read("# syntax=other/front\nFROM a", ["BUILDKIT_SYNTAX=docker/dockerfile:1"]) == .docker)
    }
}
