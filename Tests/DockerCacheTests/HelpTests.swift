import ArgumentParser
import FoundationEssentials
import Testing

@testable import DockerCache

/// Every command, found from the root command, so that new ones are included.
enum Commands {
    static let all: [any ParsableCommand.Type] = below(DockerCacheCommand.self)

    private static func below(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap(below)
    }
}

/// The help texts of the commands. `script/help` writes the files.
@Suite struct HelpTests {
    static let directory = OptionTableTests.root.appending(path: "Tests/DockerCacheTests/Help")

    @Test(arguments: Commands.all.indices)
    func theHelpAt80ColumnsIsTheOneInTheFile(index: Int) throws {
        let command = Commands.all[index]
        let name = command._commandName
        let file = Self.directory.appending(path: "\(name).txt")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let help = DockerCacheCommand.helpMessage(for: command, columns: 80)
        #expect(help + "\n" == text, "If that is meant, run script/help.")
        #expect(help.split(separator: "\n").filter { $0.count > 80 } == [])
    }

    @Test func thereIsNoFileWithoutACommand() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path()).sorted()
        #expect(files == Commands.all.map { "\($0._commandName).txt" }.sorted())
    }

    @Test(arguments: Commands.all.indices)
    func everyHelpHasAnExample(index: Int) {
        let help = DockerCacheCommand.helpMessage(for: Commands.all[index], columns: 80)
        #expect(help.contains("Example"))
        #expect(help.contains("  docker-cache "))
    }

    /// In a terminal of 80 columns, examples can be copied, and only the margin wraps a paragraph.
    @Test(arguments: Commands.all.indices)
    func examplesFitInto80ColumnsAndParagraphsAreOneLine(index: Int) {
        let lines = Commands.all[index].configuration.discussion.split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        for (line, next) in zip(lines, lines.dropFirst() + [""]) {
            if line.hasPrefix(" ") {
                #expect(line.count <= 80 && !line.hasSuffix("\\"), "\(line)")
            } else {
                #expect(line.isEmpty || next.isEmpty || line.hasSuffix(":"), "\(line)")
            }
        }
    }

    /// Each word is explained, as in `json: for programs`. The parser's own list would be a second form.
    @Test(arguments: Commands.all.indices)
    func choicesAreShownInOneForm(index: Int) throws {
        let help = DockerCacheCommand.helpMessage(for: Commands.all[index], columns: 1000)
        #expect(!help.contains("(values: "))
        for argument in try CompletionTests.dumped.get()[index] {
            for word in argument.completionKind?.list?.values ?? [] {
                #expect(argument.abstract?.contains(" \(word): ") == true, "\(word): \(argument.abstract ?? "")")
            }
        }
    }

    /// People look for the options of the command itself before those of every provider. Only the parser's own options
    /// are at the end.
    @Test(arguments: Commands.all.indices)
    func theOptionsOfACommandComeBeforeThoseOfProviders(index: Int) throws {
        let help = DockerCacheCommand.helpMessage(for: Commands.all[index], columns: 80)
        guard help.contains("\nPROVIDERS:\n") else { return }
        let last = try #require(help.split(separator: "\nOPTIONS:\n").last)
        let names = last.split(separator: "\n").map { $0.prefix { $0 != "," }.split(separator: " ")[0] }
        #expect(names == ["--version", "-h"])
    }

    @Test func theLimitsOfGCStandTogether() throws {
        let help = GCCommand.helpMessage(columns: 80)
        let places = try ["--max-age-days <", "--max-size <", "--keep <", "IMAGE:"].map {
            try #require(help.firstRange(of: $0)).lowerBound
        }
        #expect(places == places.sorted())
    }

    @Test func theFiveCommandsThatPeopleNeedComeFirst() {
        let help = DockerCacheCommand.helpMessage(columns: 80)
        let first = help.split(separator: "SUBCOMMANDS:")[1].matches(of: #/\n  ([a-z]+) /#).map(\.output.1)
        #expect(first.prefix(5) == ["run", "explain", "stats", "doctor", "gc"])
    }
}
