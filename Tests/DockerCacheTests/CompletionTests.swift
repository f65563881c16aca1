import ArgumentParser
import Buildkite
import FoundationEssentials
import Options
import Testing

@testable import DockerCache
@testable import PluginConfiguration

/// What shells are told to offer for the values of options.
@Suite struct CompletionTests {
    private struct Dump: Decodable {
        struct Command: Decodable {
            var arguments: [Argument]
        }
        struct Argument: Decodable {
            var names: [Name]?
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

    private static func arguments() throws -> [Dump.Argument] {
        do {
            _ = try RunCommand.parse(["--experimental-dump-help"])
            return []
        } catch {
            let json = Data(RunCommand.fullMessage(for: error).utf8)
            return try JSONDecoder().decode(Dump.self, from: json).command.arguments
        }
    }

    @Test(arguments: OptionTable.all.map(\.name))
    func aShellOffersWhatAnOptionTakes(name: String) throws {
        let option = try #require(OptionTable.all.first { $0.name == name })
        let all = try Self.arguments()
        let argument = try #require(all.first { $0.names?.contains { $0.name == option.argument } == true })
        #expect(argument.completionKind?.list?.values == (option.allowedWords.isEmpty ? nil : option.allowedWords))
        #expect((argument.completionKind?.file != nil) == (option.path == .file))
        #expect((argument.completionKind?.directory != nil) == (option.path == .directory))
    }
}
