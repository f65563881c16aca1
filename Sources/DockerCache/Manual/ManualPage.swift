/// The manual page docker-cache(1), made of the argument definitions, for man(7).
struct ManualPage {
    let command: CommandDescription
    let version: String

    /// The page, ending with a newline.
    var text: String {
        let name = command.commandName
        var lines = [
            // Without a date, so that the same sources make the same page.
            ".TH \(RoffText.argument(name.uppercased())) 1 \"\" \(RoffText.argument("\(name) \(version)"))"
                + " \"User Commands\"",
            ".SH NAME",
            "\(RoffText.escaped(name)) \\- \(RoffText.escaped(Self.title(command.abstract ?? "")))",
            ".SH SYNOPSIS",
        ]
        for subcommand in commands.dropFirst() {
            lines += [".B \(RoffText.escaped(subcommand.path))", ".RI [ options ]", ".br"]
        }
        lines.removeLast()
        lines.append(".SH DESCRIPTION")
        lines += RoffText.paragraphs(command.discussion ?? command.abstract ?? "")
        lines.append(".SH COMMANDS")
        var told: [Group] = []
        for (path, subcommand) in commands.dropFirst() { lines += section(path, subcommand, told: &told) }
        lines += Self.ending
        return lines.joined(separator: "\n") + "\n"
    }

    /// A group of arguments that a command has told of.
    private struct Group {
        let path: String
        let title: String
        let arguments: [CommandDescription.Argument]
    }

    /// The command and all below it that do something themselves, each with the words that call it.
    private var commands: [(path: String, command: CommandDescription)] {
        func below(_ command: CommandDescription, _ path: String) -> [(String, CommandDescription)] {
            command.visibleSubcommands.flatMap { subcommand in
                let path = "\(path) \(subcommand.commandName)"
                let inner = below(subcommand, path)
                return inner.isEmpty ? [(path, subcommand)] : inner
            }
        }
        return [(command.commandName, command)] + below(command, command.commandName)
    }

    private func section(_ path: String, _ command: CommandDescription, told: inout [Group]) -> [String] {
        var lines = [".SS \(RoffText.argument(path))", RoffText.line(command.abstract ?? "")]
        if let discussion = command.discussion { lines += [".PP"] + RoffText.paragraphs(discussion) }
        for (title, arguments) in command.groups {
            if let title {
                // Many commands have the same options; once is enough to read of them.
                if let known = told.first(where: { $0.title == title && $0.arguments == arguments }) {
                    lines += [".PP", RoffText.line("\(title): the options of \(known.path).")]
                    continue
                }
                told.append(Group(path: path, title: title, arguments: arguments))
                lines += [".PP", RoffText.line("\(title):")]
            }
            for argument in arguments { lines += Self.entry(argument) }
        }
        return lines
    }

    private static func entry(_ argument: CommandDescription.Argument) -> [String] {
        let value = "\\fI\(RoffText.escaped(argument.valueName ?? "value"))\\fR"
        let names = (argument.names ?? []).map { "\\fB\(RoffText.escaped($0.text))\\fR" }.joined(separator: ", ")
        let heading =
            switch argument.kind {
            case .positional: value
            case .flag: names
            case .option: "\(names) \(value)"
            }
        let repetition = argument.isRepeating == true ? " ..." : ""
        return [".TP", heading + repetition, RoffText.line(argument.abstract ?? "")]
    }

    /// As names of pages go: without a full stop, and without a capital letter at the beginning.
    private static func title(_ abstract: String) -> String {
        let text = abstract.hasSuffix(".") ? String(abstract.dropLast()) : abstract
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static let ending = """
        .SH ENVIRONMENT
        .TP
        .B DOCKER_CACHE_INDEX
        The index, where no option names one.
        .TP
        .B DOCKER_CACHE_BIN
        The binary that the hooks of the plugin run.
        .SH EXIT STATUS
        .TP
        .B 0
        All went well.
        .TP
        .B 1
        Something failed that is neither wrong usage nor the build.
        .TP
        .B 64
        Wrong usage or configuration. Nothing was done.
        .TP
        .I other
        The status of the builder, whose build failed.
        .SH SEE ALSO
        .BR docker (1)
        """.split(separator: "\n").map(String.init)
}
