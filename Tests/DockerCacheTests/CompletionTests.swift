import ArgumentParser
import Buildkite
import FoundationEssentials
import Options
import Testing

@testable import DockerCache
@testable import PluginConfiguration

/// The completions that shells offer for the values of options.
@Suite struct CompletionTests {
    struct Dump: Decodable {
        struct Command: Decodable {
            var arguments: [Argument]?
        }
        struct Argument: Decodable {
            var names: [Name]?
            var abstract: String?
            var completionKind: Kind?
        }
        struct Name: Decodable {
            var name: String
        }
        struct Kind: Decodable {
            struct List: Decodable { var values: [String] }
            struct File: Decodable { var extensions: [String] }
            struct Directory: Decodable {}
            var list: List?
            var file: File?
            var directory: Directory?
        }
        var command: Command
    }

    private static func arguments(_ command: any ParsableCommand.Type) throws -> [Dump.Argument] {
        do {
            _ = try command.parse(["--experimental-dump-help"])
            return []
        } catch {
            let json = Data(command.fullMessage(for: error).utf8)
            return try JSONDecoder().decode(Dump.self, from: json).command.arguments ?? []
        }
    }

    /// The arguments of each command.
    static let dumped = Result { try Commands.all.map(arguments) }

    /// For every command that has the option as an argument, even if it only selects what is shown.
    @Test(arguments: OptionTable.all)
    func aShellOffersWhatAnOptionTakes(option: OptionDefinition) throws {
        var commands = 0
        for arguments in try Self.dumped.get() {
            let argument = arguments.first { $0.names?.contains { $0.name == option.argument } == true }
            guard let argument else { continue }
            commands += 1
            #expect(argument.completionKind?.list?.values == (option.allowedWords.isEmpty ? nil : option.allowedWords))
            #expect((argument.completionKind?.file != nil) == (option.path == .file))
            #expect((argument.completionKind?.directory != nil) == (option.path == .directory))
        }
        #expect(commands > 0)
    }
}
