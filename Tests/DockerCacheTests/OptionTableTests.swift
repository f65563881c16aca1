import ArgumentParser
import Buildkite
import FoundationEssentials
import Options
import Testing
import Yams

@testable import DockerCache
@testable import PluginConfiguration

@Suite struct OptionTableTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: name)), as: UTF8.self)
    }

    /// Every option as it stands in `plugin.yml`, nested ones with a dot.
    static func pluginOptions() throws -> [String: Node] {
        let document = try #require(try Yams.compose(yaml: try text("plugin.yml")))
        let properties = try #require(document["configuration"]?["properties"]?.mapping)
        var found: [String: Node] = [:]
        for (key, value) in properties {
            let name = try #require(key.string)
            let types =
                value["type"]?.sequence.map { $0.compactMap(\.string) } ?? value["type"]?.string.map { [$0] } ?? []
            if types != ["object"] { found[name] = value }
            if types.contains("object") {
                for (inner, option) in try #require(value["properties"]?.mapping) {
                    found["\(name).\(try #require(inner.string))"] = option
                }
            }
        }
        return found
    }

    @Test func pluginYamlHasTheOptionsOfTheTableAndNoOthers() throws {
        #expect(try Self.pluginOptions().keys.sorted() == OptionTable.all.map(\.name).sorted())
    }

    @Test(arguments: OptionTable.all.map(\.name))
    func pluginYamlSaysOfAnOptionWhatTheTableSays(name: String) throws {
        let option = try #require(OptionTable.all.first { $0.name == name })
        let node = try #require(try Self.pluginOptions()[name])
        let types = node["type"]?.sequence.map { $0.compactMap(\.string) } ?? node["type"]?.string.map { [$0] }
        switch option.kind {
        // In YAML of the older kind off is no string, and limits are an object.
        case .text where name == "gc": #expect(types == ["string", "boolean", "object"])
        case .text: #expect(types == ["string"])
        case .list: #expect(types == ["string", "array"])
        case .boolean: #expect(types == ["boolean"])
        case .number: #expect(types == ["number"])
        case .choice(let words):
            // In YAML true and false are no strings.
            #expect(types == (words.contains("true") ? ["boolean", "string"] : ["string"]))
            #expect(node["enum"]?.sequence.map { $0.compactMap(\.string) } == words)
        }
        #expect(node["default"]?.scalar?.string == option.defaultValue)
        #expect(node["description"]?.string == option.meaning)
    }

    @Test func theReadmeHasARowForEveryOption() throws {
        let readme = try Self.text("README.md")
        for option in OptionTable.all {
            #expect(readme.contains("| `\(option.name)` |"), "README.md has no row for \(option.name)")
        }
    }

    @Test(arguments: OptionTable.all.map(\.name))
    func everyOptionIsAnArgumentOfTheCommandLine(name: String) throws {
        let option = try #require(OptionTable.all.first { $0.name == name })
        let flags = ["save", "restore", "verbose", "registry.insecure", "skip-pull-from-cache", "annotate"]
        let arguments = flags.contains(name) ? ["--\(option.argument)"] : ["--\(option.argument)", "value"]
        let command = try RunCommand.parse(arguments)
        let values = command.options
        #expect(values.list(option) == (flags.contains(name) ? ["true"] : ["value"]))
        #expect(RunCommand.helpMessage(columns: 400).contains("--\(option.argument)"))
    }

    @Test(arguments: [
        RunCommand.helpMessage(), KeyCommand.helpMessage(), ContextCommand.helpMessage(), StatsCommand.helpMessage(),
        DoctorCommand.helpMessage(), ListCommand.helpMessage(), InspectCommand.helpMessage(),
        ForgetCommand.helpMessage(), GCCommand.helpMessage(), ManualCommand.helpMessage(),
        DockerCacheCommand.helpMessage(),
    ])
    func everyHelpHasAnExample(help: String) {
        #expect(help.contains("Example"))
        #expect(help.contains("  docker-cache "))
    }

    @Test(arguments: [
        RunCommand.helpMessage(), KeyCommand.helpMessage(), ContextCommand.helpMessage(), StatsCommand.helpMessage(),
        DoctorCommand.helpMessage(),
    ])
    func everyCommandTakesIndexAndFormat(help: String) {
        #expect(help.contains("--index"))
        #expect(help.contains("--format"))
    }
}
