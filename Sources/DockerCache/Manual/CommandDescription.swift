import ArgumentParser
import FoundationEssentials

/// A command with its arguments and subcommands, as the argument parser describes them.
struct CommandDescription: Decodable, Equatable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool?
    let subcommands: [CommandDescription]?
    let arguments: [Argument]?

    struct Argument: Decodable, Equatable {
        enum Kind: String, Decodable {
            case positional, option, flag
        }

        struct Name: Decodable, Equatable {
            let kind: String
            let name: String

            /// As people type it.
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: Kind
        let shouldDisplay: Bool?
        /// The group in the help.
        let sectionTitle: String?
        let isRepeating: Bool?
        let names: [Name]?
        let valueName: String?
        let abstract: String?
    }

    /// Describes a command and all below it.
    ///
    /// The parser's own dump is the only way it has to tell of its definitions.
    init(of command: any ParsableCommand.Type) throws {
        do {
            _ = try command.parse(["--experimental-dump-help"])
        } catch {
            self = try JSONDecoder().decode(Dump.self, from: Data(command.fullMessage(for: error).utf8)).command
            return
        }
        throw NoDescription(command: "\(command)")
    }

    private struct Dump: Decodable {
        let command: CommandDescription
    }

    /// The parser took its own argument for nothing special.
    struct NoDescription: Error, CustomStringConvertible {
        let command: String

        var description: String { "The argument parser does not describe \(command)." }
    }

    /// The arguments that people are told of, in the order of the help, by the titles of their groups.
    var groups: [(title: String?, arguments: [Argument])] {
        var groups: [(title: String?, arguments: [Argument])] = []
        for argument in arguments ?? [] where argument.shouldDisplay != false {
            if let position = groups.firstIndex(where: { $0.title == argument.sectionTitle }) {
                groups[position].arguments.append(argument)
            } else {
                groups.append((argument.sectionTitle, [argument]))
            }
        }
        return groups
    }

    /// The subcommands that people are told of, without `help`.
    var visibleSubcommands: [CommandDescription] {
        (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }
}
