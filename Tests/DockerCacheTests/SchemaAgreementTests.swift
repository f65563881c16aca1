import Buildkite
import Options
import Testing
import Yams

@testable import DockerCache
@testable import PluginConfiguration

/// Agents that validate plugins check a step's options with the schema in `plugin.yml`. On other agents only the binary
/// checks them. Both must give the same result.
@Suite struct SchemaAgreementTests {
    /// The result of the `environment` hook's check, for options as the agent passes them to the hooks.
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

    private static let registry = #""provider": "acr", "acr": {"registry-name": "myregistry"}"#

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
        #""tags": "1.4", \#(registry)"#, #""tags": ["1.4", "main"], \#(registry)"#, #""tags": "", \#(registry)"#,
        #""local-tags": ["latest"]"#, #""publish": true, \#(registry)"#, #""publish": "api", \#(registry)"#,
        #""publish": false"#, #""publish": "", \#(registry)"#, #""registry": {"insecure": "yes"}"#,
        #""stall-timeout-seconds": 1"#,
    ]

    private static let refused = [
        #""layer-cache": true"#, #""layer-cache": "true""#, #""layer-cache": "of""#, #""read-only": "maybe""#,
        #""read-only": 1"#, #""save": "maybe""#, #""save": 1"#, #""save": "1""#, #""save": "TRUE""#,
        #""max-age-days": "week""#, #""max-age-days": -1"#, #""max-age-days": "-1""#, #""max-age-days": "7d""#,
        #""max-age-days": true"#, #""gc": "20GB""#, #""gc": 20"#, #""gc": {"keep": 1.5}"#, #""gc": {"keep": "some"}"#,
        #""gc": {"keep": -1}"#, #""gc": {"max-sice": "1GB"}"#, #""strategy": "fast""#, #""strategy": true"#,
        #""build-args": {"A": "1"}"#, #""build-args": [{"A": "1"}]"#, #""target": ["a", "b"]"#, #""targt": "a""#,
        #""stall-timeout-seconds": 0"#, #""stall-timeout-seconds": 604801"#, #""image": """#, #""provider": """#,
        #""tags": {"a": "b"}, \#(registry)"#, #""publish": ["a"], \#(registry)"#, #""key": "a""#, #""digest": "a""#,
    ]

    private static func configuration(_ option: String) -> String {
        let usual = [#""image": "app""#, #""provider": "local""#].filter { !option.contains($0.prefix { $0 != ":" }) }
        return "{" + (usual + [option]).joined(separator: ", ") + "}"
    }

    /// The examples of buildkite-plugins/docker-cache v1.2.0, and one for each of its other options.
    private static let ofEarlierPlugin = [
        #""provider": "ecr", "ecr": {"region": "us-east-1", "account-id": "123456789012"}"#,
        #""provider": "ecr", "ecr": {"registry-url": "123456789012.dkr.ecr.us-east-1.amazonaws.com"}"#,
        #""provider": "gar", "gar": {"project": "my-gcp-project", "region": "us"}"#,
        #""provider": "gar", "gar": {"project": "my-gcp-project", "region": "us-central1-docker.pkg.dev"}"#,
        #""provider": "gar", "gar": {"project": "my-gcp-project", "repository": "docker"}"#,
        #""provider": "buildkite", "buildkite": {"org-slug": "my-org"}"#,
        #""provider": "buildkite", "buildkite": {"org-slug": "my-org", "auth-method": "oidc"}"#,
        #""provider": "buildkite", "buildkite": {"registry-slug": "images", "api-token": "$BUILDKITE_API_TOKEN"}"#,
        #"""
        "provider": "artifactory", "artifactory": {"registry-url": "myjfroginstance.jfrog.io", \#
        "username": "me@example.com", "identity-token": "$ARTIFACTORY_IDENTITY_TOKEN"}
        """#,
        #"""
        "provider": "artifactory", "artifactory": {"registry-url": "$ARTIFACTORY_URL", "username": "$USER", \#
        "identity-token": "$ARTIFACTORY_IDENTITY_TOKEN", "repository": "docker"}
        """#,
        #""provider": "acr", "acr": {"registry-name": "myregistry"}"#,
        #""provider": "acr", "acr": {"registry-name": "myregistry", "repository": "docker-cache"}"#,
        #""strategy": "artifact""#, #""strategy": "build""#, #""strategy": "hybrid""#, #""target": "production""#,
        #""build-args": ["NODE_ENV=production", "API_URL=https://api.example.com"]"#,
        #""additional-build-args": "--network=host --build-arg CUSTOM_ARG=value""#,
        #""secrets": ["id=mysecret,src=/local/secret", "id=mypassword"]"#,
        #""cache-from": ["my-base-image:latest"]"#,
        #""skip-pull-from-cache": true, "provider": "acr", "acr": {"registry-name": "myregistry"}"#, #""save": false"#,
        #""restore": false"#, #""max-age-days": 30"#, #""cache-key": ["my-key", "v1.0"]"#,
        #""cache-key": "custom-key""#, #""export-env-variable": "MY_IMAGE""#, #""verbose": true"#,
        #""fallback-tag": "cache-main""#, #""fallback-tag": "build-17""#, #""tag": "ci""#,
        #""dockerfile": "docker/Dockerfile""#, #""dockerfile-inline": "FROM alpine\nRUN true\n""#,
        #""context": "services/api""#,
    ]

    @Test(arguments: ofEarlierPlugin) func whatTheEarlierPluginTakesIsTaken(option: String) throws {
        let rest = option.contains("\"provider\"") ? "" : #", "provider": "local""#
        let configuration = "{\"image\": \"my-app\", \(option)\(rest)}"
        #expect(try Self.refusal(ofBinary: configuration) == nil)
        #expect(try Self.refusal(ofSchema: configuration) == [])
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
