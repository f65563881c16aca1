import ArgumentParser
import FoundationEssentials
import Testing

@testable import DockerCache

/// Every command, found from the root: a new one is in it by itself.
enum Commands {
    static let all: [any ParsableCommand.Type] = below(DockerCacheCommand.self)

    private static func below(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap(below)
    }
}

/// What people read who ask a command what it does. `script/help` writes the files.
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
}
