import Buildkite
import Options
import Testing

@Suite struct ExportsTests {
    @Test(
        arguments: [
            ("MY_IMAGE", "app:2", true, "app:1"), ("MY_IMAGE", "app:1", true, nil), ("OTHER", "app:2", true, nil),
            ("MY_IMAGE", "app:2", false, nil),
        ] as [(String, String, Bool, String?)]
    )
    func anImageThatAnEarlierUseLeftInTheSameVariableIsNamed(
        variable: String,
        image: String,
        hasEarlierUse: Bool,
        expected: String?
    ) {
        var environment = ["MY_IMAGE": "app:1"]
        if hasEarlierUse {
            for name in Exports.names { environment[PluginOptions.prefix + name] = "" }
        }
        let exports = Exports(
            imageVariable: variable,
            image: image,
            repository: "app",
            tag: "2",
            isHit: false,
            outcome: "miss",
            key: "k",
            digest: ""
        )
        #expect(exports.replacedImage(in: environment) == expected)
    }

    @Test func everyVariableIsALineForAShell() {
        let exports = Exports(
            imageVariable: "MY_IMAGE",
            image: "app:abc",
            repository: "app",
            tag: "abc",
            isHit: true,
            outcome: "local-hit",
            key: "abc",
            digest: ""
        )
        #expect(
            exports.shellText == """
                export MY_IMAGE='app:abc' &&
                export BUILDKITE_PLUGIN_DOCKER_CACHE_HIT='true' &&
                export BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME='local-hit' &&
                export BUILDKITE_PLUGIN_DOCKER_CACHE_KEY='abc' &&
                export BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_IMAGE='app' &&
                export BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_TAG='abc' &&
                export BUILDKITE_PLUGIN_DOCKER_CACHE_DIGEST=''

                """
        )
    }

    @Test(arguments: [
        ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(rm -rf /)`x`\\", "'$(rm -rf /)`x`\\'"),
        ("two\nlines", "'two\nlines'"), ("'", "''\\'''"),
    ])
    func aShellTakesEveryCharacterAsItStands(value: String, quoted: String) {
        #expect(Exports.quoted(value) == quoted)
    }

    @Test(arguments: [
        ("A", true), ("_a1", true), ("", false), ("1A", false), ("A-B", false), ("A B", false), ("Ä", false),
        ("A=1", false), ("A;B", false),
    ])
    func onlyNamesAShellAcceptsAreVariables(name: String, accepted: Bool) {
        #expect(VariableName.isWellFormed(name) == accepted)
    }
}
