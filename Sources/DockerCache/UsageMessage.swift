import ArgumentParser
import Options
import Processes

/// A mistake on the command line, in the words of all other messages.
///
/// The parser's errors are not public, so their messages are taken apart. A message of an unknown form stays as it is.
struct UsageMessage {
    /// One or more sentences.
    let text: String

    /// Nil for an error that needs no message: a request for help, or an exit status.
    init?(_ error: any Error, arguments: [String]) {
        let message = DockerCacheCommand.message(for: error)
        guard DockerCacheCommand.exitCode(for: error) != ExitCode.success, !message.isEmpty else { return nil }
        guard !(error is UnknownCommand), DockerCacheCommand.exitCode(for: error) == ExitCode.validationFailure else {
            text = message.endedAsSentence
            return
        }
        let command = NamedCommand(arguments)
        let words = Self.words(of: message, runsCommand: command.type == RunCommand.self)
        text = "\(words.endedAsSentence)\nSee '\(command.names.joined(separator: " ")) --help'."
    }

    /// - Parameter runsCommand: whether the command takes another command after `--`
    static func words(of message: String, runsCommand: Bool) -> String {
        unexpected(message, runsCommand: runsCommand) ?? unknownOption(message) ?? invalidValue(message)
            ?? missing(message) ?? message
    }

    /// `Unexpected argument 'a'`, or `2 unexpected arguments: 'a', 'b'`.
    private static func unexpected(_ message: String, runsCommand: Bool) -> String? {
        let isOne = message.hasPrefix("Unexpected argument '")
        guard isOne || message.contains(" unexpected arguments: '"), let first = message.firstIndex(of: "'"),
            message.hasSuffix("'")
        else { return nil }
        let quoted = String(message[message.index(after: first)...].dropLast())
        let arguments = isOne ? [quoted] : quoted.split(separator: "', '").map(String.init)
        let text =
            "Unexpected argument\(arguments.count == 1 ? "" : "s"): "
            + arguments.map { "\"\($0)\"" }.joined(separator: ", ") + "."
        guard runsCommand else { return text }
        return text + " Write -- before the command: `docker-cache run … -- \(ShownCommand.text(arguments))`."
    }

    /// `Unknown option '--a'. Did you mean '--b'?`
    private static func unknownOption(_ message: String) -> String? {
        guard let rest = message.dropping("Unknown option '"), let end = rest.firstIndex(of: "'") else { return nil }
        let name = rest[..<end]
        let text = "There is no option \(name)."
        switch rest[end...] {
        case "'":
            // The parser compares with the options of the command alone.
            let nearest = Spelling.nearest(to: String(name), among: ["--help", "--version"])
            return text + (nearest.map { " Did you mean \($0)?" } ?? "")
        case let advice: return text + advice.dropFirst(2).filter { $0 != "'" }
        }
    }

    /// `The value 'x' is invalid for '--a <a>': expected …`
    private static func invalidValue(_ message: String) -> String? {
        guard let rest = message.dropping("The value '"), let middle = rest.firstRange(of: "' is invalid for '"),
            let end = rest[middle.upperBound...].firstIndex(of: "'")
        else { return nil }
        let name = Self.name(rest[middle.upperBound..<end])
        let reason = rest[rest.index(after: end)...]
        return "\(name) is \"\(rest[..<middle.lowerBound])\"" + (reason.isEmpty ? ", which is not valid" : reason)
    }

    /// `Missing expected argument '<a>'`, or `Missing value for '--a <a>'`.
    private static func missing(_ message: String) -> String? {
        guard message.hasSuffix("'") else { return nil }
        if let argument = message.dropping("Missing expected argument '")?.dropLast() {
            return argument.hasPrefix("<") ? "The argument \(argument) is missing" : "\(name(argument)) is required"
        }
        return message.dropping("Missing value for '").map { "\(name($0.dropLast())) needs a value" }
    }

    /// `--a` from `--a <a>`.
    private static func name(_ synopsis: Substring) -> Substring { synopsis.prefix { $0 != " " } }
}

extension String {
    /// The rest of the string behind `prefix`; nil if it begins in another way.
    fileprivate func dropping(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}

/// The command that arguments name.
struct NamedCommand {
    /// The words that name it, such as `docker-cache hook pre-command`.
    private(set) var names = [DockerCacheCommand._commandName]
    private(set) var type: any ParsableCommand.Type = DockerCacheCommand.self
    /// The argument after its name; nil if there is none.
    private let next: String?

    /// - Parameter arguments: without the name of the program
    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.first {
            let below = type.configuration.subcommands
            if word == Self.help, !below.isEmpty {
                rest.removeFirst()
                continue
            }
            guard let command = below.first(where: { $0._commandName == word }) else { break }
            names.append(word)
            type = command
            rest.removeFirst()
        }
        next = rest.first
    }

    /// The parser's own command.
    private static let help = "help"

    /// Throws if a word stands where only a command can.
    func check() throws(UnknownCommand) {
        let below = type.configuration.subcommands
        guard let next, !next.hasPrefix("-"), !below.isEmpty else { return }
        throw UnknownCommand(
            name: (names.dropFirst() + [next]).joined(separator: " "),
            nearest: Spelling.nearest(to: next, among: below.map { $0._commandName } + [Self.help]),
            parent: names.joined(separator: " ")
        )
    }
}

/// There is no such command.
struct UnknownCommand: ErrorWithExitStatus, CustomStringConvertible {
    let name: String
    let nearest: String?
    /// The command whose help lists the right ones.
    let parent: String

    var exitStatus: Int32 { ExitStatus.usage }

    var description: String {
        "There is no command \"\(name)\".\(nearest.map { " Did you mean \"\($0)\"?" } ?? "") "
            + "`\(parent) --help` lists the commands."
    }
}
