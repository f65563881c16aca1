import Buildkite
import Options
import Testing
import Yams

@testable import DockerCache
@testable import PluginConfiguration

/// Agents that validate plugins judge a step's options by the schema in `plugin.yml`, and all others leave it to the
/// binary: both have to say the same.
@Suite struct SchemaAgreementTests {
    /// The options as the agent hands them to the hooks, judged as the `environment` hook judges them.
    private static func refusal(ofBinary configuration: String) throws -> String? {
        let plugin = try #require(StepPlugin(list: "[{\"acme/docker-cache#v1\": \(configuration)}]"))
        do {
            let options = try PluginOptions.read(OptionTable.all, from: plugin.variables)
            try OptionCheck.run(options, environment: [:])
            return nil
        } catch {
            return error.description
        }
    }

    private static func refusal(ofSchema configuration: String) throws -> [String] {
        let schema = try JSONSchema(ofPlugin: try OptionTableTests.text("plugin.yml"))
        return schema.problems(try #require(try Yams.compose(yaml: configuration)))
    }

    /// JSON, as the agent has it.
    private static let accepted = [
        #""layer-cache": "off""#, #""layer-cache": false"#, #""layer-cache": "false""#, #""layer-cache": "no""#,
        #""layer-cache": """#, #""read-only": true"#, #""read-only": "true""#, #""read-only": "auto""#,
        #""read-only": "off""#, #""save": true"#, #""save": "false""#, #""save": "no""#, #""save": """#,
        #""max-age-days": 7"#, #""max-age-days": 0.5"#, #""max-age-days": "7""#, #""max-age-days": 1e3"#,
        #""max-age-days": 1e21"#, #""max-age-days": """#, #""gc": "off""#, #""gc": false"#, #""gc": true"#,
        #""gc": "auto""#, #""gc": """#, #""gc": {"max-size": "20GB", "keep": 3}"#, #""gc": {"keep": "3"}"#,
        #""gc": {"max-age-days": 1.5}"#, #""build-args": "A=1""#, #""build-args": ["A=1", "B"]"#,
        #""build-args": "A=1\nB=2\n""#, #""build-args": """#, #""cache-key": "./a,./b""#, #""strategy": """#,
        #""registry": {"insecure": "yes"}"#, #""stall-timeout-seconds": 1"#,
    ]

    private static let refused = [
        #""layer-cache": true"#, #""layer-cache": "true""#, #""layer-cache": "of""#, #""read-only": "maybe""#,
        #""read-only": 1"#, #""save": "maybe""#, #""save": 1"#, #""save": "1""#, #""save": "TRUE""#,
        #""max-age-days": "week""#, #""max-age-days": -1"#, #""max-age-days": "-1""#, #""max-age-days": "7d""#,
        #""max-age-days": true"#, #""gc": "20GB""#, #""gc": 20"#, #""gc": {"keep": 1.5}"#, #""gc": {"keep": "some"}"#,
        #""gc": {"keep": -1}"#, #""gc": {"max-sice": "1GB"}"#, #""strategy": "fast""#, #""strategy": true"#,
        #""build-args": {"A": "1"}"#, #""build-args": [{"A": "1"}]"#, #""target": ["a", "b"]"#, #""targt": "a""#,
        #""stall-timeout-seconds": 0"#, #""stall-timeout-seconds": 604801"#, #""image": """#, #""provider": """#,
        #""key": "a""#, #""digest": "a""#,
    ]

    private static func configuration(_ option: String) -> String {
        let usual = [#""image": "app""#, #""provider": "local""#].filter { !option.hasPrefix($0.prefix { $0 != ":" }) }
        return "{" + (usual + [option]).joined(separator: ", ") + "}"
    }

    @Test(arguments: accepted) func bothAccept(option: String) throws {
        let configuration = Self.configuration(option)
        #expect(try Self.refusal(ofBinary: configuration) == nil)
        #expect(try Self.refusal(ofSchema: configuration) == [])
    }

    @Test(arguments: refused) func bothRefuse(option: String) throws {
        let configuration = Self.configuration(option)
        #expect(try Self.refusal(ofBinary: configuration) != nil)
        #expect(try Self.refusal(ofSchema: configuration) != [])
    }
}
