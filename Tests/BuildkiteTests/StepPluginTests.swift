import Testing

@testable import Buildkite

@Suite struct StepPluginTests {
    private static let address = "github.com/acme/docker-cache-buildkite-plugin"

    @Test(arguments: [
        (#"[{"\#(address)#v0.1.0": {"image": "a#b"}}]"#, "v0.1.0"), (#"["\#(address)#main"]"#, "main"),
        (#"["\#(address)"]"#, nil), (#"[{"docker-cache#v2.0.0": null}]"#, "v2.0.0"),
        (#"["docker#v5.0.0", {"https://git.example.com/docker-cache-buildkite-plugin.git#v0.2.0": {}}]"#, "v0.2.0"),
    ])
    func theVersionOfThePipelineIsFound(list: String, expected: String?) throws {
        #expect(try #require(StepPlugin(list: list)).version == expected)
    }

    @Test(arguments: ["", "nonsense", "{}", "[]", "[1]", #"["github.com/acme/docker-plugin#v5.0.0"]"#])
    func whereThePluginIsNotListedThereIsNone(list: String) {
        #expect(StepPlugin(list: list) == nil)
    }

    @Test func optionsBecomeTheVariablesThatTheAgentSets() throws {
        let list = #"""
            [{"docker-cache#v1": {
                "image": "app", "max-age-days": 7, "fraction": 0.5, "save": false, "target": null,
                "build-args": ["A=1", "B"], "registry": {"url": "r.example.com", "insecure": true}
            }}]
            """#
        let expected = [
            "IMAGE": "app", "MAX_AGE_DAYS": "7", "FRACTION": "0.5", "SAVE": "false", "BUILD_ARGS_0": "A=1",
            "BUILD_ARGS_1": "B", "REGISTRY_URL": "r.example.com", "REGISTRY_INSECURE": "true",
        ]
        let variables = try #require(StepPlugin(list: list)).variables
        #expect(
            variables
                == Dictionary(
                    uniqueKeysWithValues: expected.map { ("BUILDKITE_PLUGIN_DOCKER_CACHE_\($0.key)", $0.value) }
                )
        )
    }
}
