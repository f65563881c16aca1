import FoundationEssentials
import Options
import Testing
import Yams

@testable import DockerCache
@testable import Host
@testable import PluginConfiguration

/// The pipelines in the documentation work: the agent can find the plugins by their names, and the options match each
/// plugin's schema, by the rules of the agent and the plugin linter.
@Suite struct PipelineExampleTests {
    /// A plugin in a step.
    struct Use {
        let file: String
        let address: String
        let options: Node?

        /// The name as the agent interprets it: `docker#v5` is `buildkite-plugins/docker`.
        var name: String { address.prefix { $0 != "#" }.split(separator: "/").last.map(String.init) ?? "" }
    }

    static let files = DocumentationPage.all

    /// Options of this plugin without a pipeline around them.
    private static func fragments() throws -> [(file: String, options: Node)] {
        try documents().filter { $0.root["steps"] == nil && $0.root["plugins"] == nil }.map { ($0.file, $0.root) }
    }

    /// All plugins in all examples.
    static func uses() throws -> [Use] {
        try documents().flatMap { try uses(in: $0.root, file: $0.file) }
    }

    /// All YAML blocks.
    private static func documents() throws -> [(file: String, root: Node)] {
        try files.flatMap { file in
            try DocumentationPage(file).blocks.filter { $0.language == "yaml" }.map { block in
                (file, try #require(try Yams.compose(yaml: block.text)))
            }
        }
    }

    /// The plugins of a pipeline, a step, or a list of plugins.
    private static func uses(in node: Node, file: String) throws -> [Use] {
        if let steps = node["steps"]?.sequence { return try steps.flatMap { try uses(in: $0, file: file) } }
        return try (node["plugins"]?.sequence ?? []).map { plugin in
            if let address = plugin.string { return Use(file: file, address: address, options: nil) }
            let (address, options) = try #require(plugin.mapping?.first { _ in true })
            return Use(file: file, address: try #require(address.string), options: options)
        }
    }

    /// The address, which a release sets.
    private static func address() throws -> String {
        try OptionTableTests.text("lib/plugin-address").split(separator: "\n").joined()
    }

    /// The page of providers has a section for each, with an example, what it needs, and the permissions.
    @Test func everyProviderHasASection() throws {
        let page = try OptionTableTests.text("docs/providers.md")
        let sections = page.split(separator: "\n## ").filter { $0.contains("\n```yaml\n") }
        var providers: [String] = []
        for section in sections {
            providers += section.matches(of: #/ +provider: ([a-z]+)\n/#).map { String($0.output.1) }
            for item in ["\n- **Needs** ", "\n- **Permissions**"] {
                #expect(section.contains(item), "\(section.prefix(30)): \(item)")
            }
        }
        #expect(providers.sorted() == OptionTable.provider.allowedWords.sorted())
    }

    @Test func everyExampleFitsTheSchemaOfItsPlugin() throws {
        for use in try Self.uses() {
            let file = use.name == "docker-cache" ? "plugin.yml" : "Tests/DockerCacheTests/Plugins/\(use.name).yml"
            let schema = try JSONSchema(ofPlugin: try OptionTableTests.text(file))
            let problems = schema.problems(use.options ?? .mapping([:]))
            #expect(problems == [], "\(use.file): \(use.address)")
        }
    }

    @Test func everyFragmentFitsTheSchemaOfThisPlugin() throws {
        let schema = try JSONSchema(ofPlugin: try OptionTableTests.text("plugin.yml"))
        let fragments = try Self.fragments()
        #expect(!fragments.isEmpty)
        for (file, options) in fragments {
            #expect(schema.problems(options).filter { !$0.hasPrefix(": lacks ") } == [], "\(file)")
        }
    }

    /// The agent looks for a plugin without an owner in buildkite-plugins, which has a docker-cache.
    @Test func everyExampleNamesThisPluginWithItsOwnerAndVersion() throws {
        let address = try Self.address()
        #expect(address.hasSuffix("/docker-cache#v\(ProductVersion.current)"))
        #expect(address.split(separator: "/").count == 2)
        for file in Self.files {
            for match in try OptionTableTests.text(file).matches(of: #/[\w\-\/.:]*docker-cache#[\w.\-]+/#) {
                // The migration page quotes examples for the other plugin.
                if file == "docs/coming-from.md", match.output == "docker-cache#v1.2.0" { continue }
                #expect(match.output == address, "\(file)")
            }
            let owner = address.prefix { $0 != "/" }
            for match in try OptionTableTests.text(file).matches(
                of: #/github\.com/([\w\-]+)/docker-cache-buildkite-plugin/#
            )
            where match.1 != "buildkite-plugins" {
                #expect(match.1 == owner, "\(file)")
            }
            for match in try OptionTableTests.text(file).matches(of: #/--branch v(\S+)/#) {
                #expect(match.1 == ProductVersion.current, "\(file)")
            }
        }
    }

    @Test(arguments: [
        ("docker", "{command: [npm, test]}", ["lacks image"]), ("docker", "{image: 5}", ["/image: is no string"]),
        ("docker", "{image: app, imgae: app}", ["there is no imgae"]),
        ("docker", "{image: $A, expand-image-vars: 'true'}", ["/expand-image-vars: is no boolean"]),
        ("docker-compose", "{config: a.yml}", ["fits none of anyOf"]),
        ("docker-compose", "{build: app, command: [a]}", ["has command without run"]), ("docker", "{image: a}", []),
    ])
    func whatThePluginsOfOthersRefuseIsRefused(plugin: String, options: String, problems: [String]) throws {
        let schema = try JSONSchema(
            ofPlugin: try OptionTableTests.text("Tests/DockerCacheTests/Plugins/\(plugin).yml")
        )
        let found = schema.problems(try #require(try Yams.compose(yaml: options)))
        #expect(found.map { $0.hasPrefix(": ") ? String($0.dropFirst(2)) : $0 } == problems)
    }
}
