import ArgumentParser
import FoundationEssentials
import Options
import Testing

@testable import DockerCache
@testable import PluginConfiguration

/// Commands and options in the documentation exist. `documentation.bats` runs those that are not marked.
@Suite struct CommandExampleTests {
    private static let languages = [
        "yaml", "json", "sh", "console", "text", "gitignore", "dockerfile", "promql", "crontab",
    ]

    /// Every docker-cache command line in a block, split into words.
    static func commands(in block: DocumentationPage.Block) -> [[String]] {
        var lines = block.text.replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
        if block.language == "console" { lines = lines.filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) } }
        return lines.flatMap { line in
            line.split(separator: #/&&|\|/#).compactMap { part in
                let words = part.prefix { $0 != "#" }.split(separator: " ").map(String.init)
                guard let start = words.firstIndex(of: "docker-cache") else { return nil }
                return Array(words[words.index(after: start)...])
            }
        }
    }

    @Test(arguments: DocumentationPage.all)
    func everyBlockSaysWhatItIs(path: String) throws {
        for block in try DocumentationPage(path).blocks {
            #expect(Self.languages.contains(block.language), "\(path):\(block.line): \(block.language)")
            #expect(block.whyNotRun?.isEmpty != true && block.source?.isEmpty != true, "\(path):\(block.line)")
        }
    }

    @Test(arguments: DocumentationPage.all)
    func everyCommandCanBeParsed(path: String) throws {
        for block in try DocumentationPage(path).blocks where ["sh", "console", "crontab"].contains(block.language) {
            for words in Self.commands(in: block) {
                do {
                    _ = try DockerCacheCommand.parseAsRoot(words)
                } catch {
                    Issue.record("\(path):\(block.line): \(words): \(DockerCacheCommand.message(for: error))")
                }
            }
        }
    }

    /// The ten options that the README explains have the declared defaults.
    @Test func theOptionsOfTheReadmeExistWithTheirDefaults() throws {
        let rows = try DocumentationPage("README.md").prose.drop { $0 != "| option | default | meaning |" }.dropFirst(2)
            .prefix { $0.hasPrefix("|") }.map { $0.split(separator: "|", omittingEmptySubsequences: false) }
        #expect(rows.count == 10)
        for row in rows {
            let name = row[1].filter { $0 != " " && $0 != "`" }
            let option = try #require(OptionTable.all.first { $0.name == name }, "\(name)")
            let shown = row[2].filter { $0 != "`" }.drop { $0 == " " }.prefix { $0 != " " }
            if let value = option.defaultValue { #expect(shown == value, "\(name)") }
        }
    }
}
