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

    /// Every option in `plugin.yml`, nested ones with a dot.
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
        // In older YAML, off is not a string, and limits are an object.
        case .text where name == "gc": #expect(types == ["string", "boolean", "object"])
        case .text where name == "publish": #expect(types == ["boolean", "string"])
        case .text: #expect(types == ["string"])
        case .list: #expect(types == ["string", "array"])
        case .boolean: #expect(types == ["boolean", "string"])
        case .number: #expect(types == ["number", "string"] || types == ["integer", "string"])
        case .choice(let words):
            let listed = node["enum"]?.sequence.map { $0.compactMap(\.string) } ?? []
            #expect(listed.prefix(words.count) == words[...])
            // All other values are synonyms, or the empty string of a variable that is not set.
            let others = listed.dropFirst(words.count)
            #expect(others.allSatisfy { $0.isEmpty || OptionValues.word($0, among: words) != nil })
            #expect(others.contains("") == (option != OptionTable.provider))
        }
        #expect(node["default"]?.scalar?.string == option.defaultValue)
        #expect(node["description"]?.string == option.meaningInPipeline)
    }

    @Test func thePageOfAllOptionsIsTheOneInTheFile() throws {
        #expect(try Self.text("docs/options.md") == OptionReference.page, "If that is meant, run script/help.")
    }

    @Test func noOptionIsInTwoSections() {
        #expect(Set(OptionTable.all.map(\.name)).count == OptionTable.all.count)
    }

    /// Each word of a choice is explained, once.
    @Test(arguments: OptionTable.all)
    func theWordsOfAChoiceStandOnce(option: OptionDefinition) {
        let words = option == OptionTable.gc ? ["auto", "off"] : option.allowedWords
        for word in words {
            #expect(option.meaning.components(separatedBy: " \(word): ").count == 2, "\(word): \(option.meaning)")
        }
    }

    @Test(arguments: OptionTable.all)
    func aTextBeginsWithACapitalAndHasNoFullStopAtItsEnd(option: OptionDefinition) {
        #expect(option.meaning.first?.isUppercase == true && option.meaning.last != ".", "\(option.meaning)")
    }

    @Test(arguments: OptionTable.all)
    func aTextBeginsWithANounOrAVerb(option: OptionDefinition) {
        let first = option.meaning.prefix { $0.isLetter }
        #expect(!["What", "How", "Which", "When", "Where", "Whether"].contains(first), "\(option.meaning)")
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

    /// Options that were not given are absent, even if they have a default. The reader applies the default.
    @Test func whatWasNotGivenIsNotThere() throws {
        let given = try RunCommand.parse([]).options
        #expect(OptionTable.all.filter(given.has).isEmpty)
    }
}
