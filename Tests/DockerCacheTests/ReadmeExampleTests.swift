import Buildkite
import Options
import Testing
import Yams

@testable import DockerCache
@testable import Host
@testable import PluginConfiguration

/// The pipelines in the README are ones that work: they fit `plugin.yml`, and name the version that this is.
@Suite struct ReadmeExampleTests {
    /// The configurations of this plugin in all examples.
    static func configurations() throws -> [(name: String, configuration: Node.Mapping)] {
        let lines = try OptionTableTests.text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
        var found: [(String, Node.Mapping)] = []
        for block in lines.split(separator: "```yaml").dropFirst() {
            let block = block.prefix { $0 != "```" }.joined(separator: "\n")
            guard let document = try Yams.compose(yaml: block), let steps = document["steps"]?.sequence else {
                continue
            }
            for step in steps {
                for plugin in step["plugins"]?.sequence ?? [] {
                    for (key, value) in plugin.mapping ?? [:] where key.string?.hasPrefix("docker-cache#") == true {
                        found.append((key.string ?? "", try #require(value.mapping)))
                    }
                }
            }
        }
        return found
    }

    @Test func thereIsOneForEachProvider() throws {
        let providers = Set(try Self.configurations().compactMap { $0.configuration["provider"]?.string })
        #expect(providers == Set(OptionTable.provider.allowedWords))
    }

    @Test func everyExampleFitsThePluginsSchema() throws {
        let schema = try #require(try Yams.compose(yaml: try OptionTableTests.text("plugin.yml"))?["configuration"])
        for (name, configuration) in try Self.configurations() {
            #expect(name == "docker-cache#v\(ProductVersion.current)")
            Self.check(.mapping(configuration), against: schema, at: "")
        }
    }

    private static func check(_ value: Node, against schema: Node, at place: String) {
        if let properties = schema["properties"]?.mapping {
            for (key, inner) in value.mapping ?? [:] {
                let name = key.string ?? ""
                guard let property = properties[key] else {
                    Issue.record("README.md has \(place)\(name), and plugin.yml has not")
                    continue
                }
                check(inner, against: property, at: "\(place)\(name).")
            }
            for required in schema["required"]?.sequence?.compactMap(\.string) ?? [] {
                #expect(value[required] != nil, "README.md lacks \(place)\(required)")
            }
        }
        if let words = schema["enum"]?.sequence.map({ $0.compactMap(\.string) }), let word = value.string {
            #expect(words.contains(word), "README.md has \(place)\(word)")
        }
        if schema["type"]?.string == "number" { #expect(value.float != nil, "\(place) is no number") }
        if schema["type"]?.string == "boolean" { #expect(value.bool != nil, "\(place) is neither true nor false") }
    }
}
