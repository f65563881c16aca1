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
        case .text where name == "publish": #expect(types == ["boolean", "string"])
        case .text: #expect(types == ["string"])
        case .list: #expect(types == ["string", "array"])
        case .boolean: #expect(types == ["boolean", "string"])
        case .number: #expect(types == ["number", "string"] || types == ["integer", "string"])
        case .choice(let words):
            let listed = node["enum"]?.sequence.map { $0.compactMap(\.string) } ?? []
            #expect(listed.prefix(words.count) == words[...])
            // What else is there means one of them, or is what a variable leaves behind that is not set.
            let others = listed.dropFirst(words.count)
            #expect(others.allSatisfy { $0.isEmpty || OptionValues.word($0, among: words) != nil })
            #expect(others.contains("") == (option != OptionTable.provider))
        }
        #expect(node["default"]?.scalar?.string == option.defaultValue)
        #expect(node["description"]?.string == option.meaning)
    }

    /// The table of the README, from the definitions.
    private static let readmeTable: String = {
        let rows = OptionTable.all.map { option in
            let type =
                switch option.kind {
                case .text where option == OptionTable.gc: "`auto`, `off`, limits"
                case .text: "text"
                case .list: "text or list"
                case .boolean: "boolean"
                case .number: "number"
                case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
                }
            let value = option.defaultValue.map { "`\($0)`" } ?? ""
            return "| `\(option.name)` | \(type) | \(value) | \(option.meaning) |\n"
        }
        return "| name | type | default | meaning |\n|---|---|---|---|\n" + rows.joined() + "\n"
    }()

    @Test func theReadmeHasTheTableOfAllOptions() throws {
        #expect(try Self.text("README.md").contains(Self.readmeTable), "The table is to be:\n\(Self.readmeTable)")
    }

    @Test(arguments: OptionTable.all.map(\.name))
    func everyOptionIsAnArgumentOfTheCommandLine(name: String) throws {
        let option = try #require(OptionTable.all.first { $0.name == name })
        let isFlag = option.kind == .boolean
        let arguments = isFlag ? ["--\(option.argument)"] : ["--\(option.argument)", "value"]
        let command = try RunCommand.parse(arguments)
        #expect(command.options.list(option) == [isFlag ? "true" : "value"])
        if isFlag {
            #expect(try RunCommand.parse(["--no-\(option.argument)"]).options.list(option) == ["false"])
        }
    }

    /// What was not given is not there, whatever its default is: that is for whoever reads it.
    @Test func whatWasNotGivenIsNotThere() throws {
        let given = try RunCommand.parse([]).options
        #expect(OptionTable.all.filter(given.has).isEmpty)
    }
}
