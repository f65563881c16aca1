import ArgumentParser
import Host
import SystemPackage

/// `docker-cache manual`: the manual page, as `script/build --install` puts it where man(1) finds it.
struct ManualCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            It has the --help of every command.

            Example:
              docker-cache manual | man -l -
            """
    )

    @Flag(help: "Print docs/options.md instead: all options of the plugin.")
    var options = false

    func run() async throws {
        try await CommandRunner.run(Surroundings.current(logTo: .standardError, verbose: false)) {
            guard !options else { return try TextOutput.line(String(OptionReference.page.dropLast())) }
            try TextOutput.line(ManualPage.text(of: DockerCacheCommand.self, version: ProductVersion.current))
        }
    }
}

/// The page in section 1 for man(7): what `--help` says, word for word, command by command.
enum ManualPage {
    static func text(of root: any ParsableCommand.Type, version: String) -> String {
        let name = root._commandName
        var lines = [
            ".TH \(escaped(name.uppercased())) 1 \"\" \"\(escaped(name)) \(version)\" \"User Commands\"",
            ".SH NAME", "\(escaped(name)) \\- \(escaped(root.configuration.abstract))",
        ]
        append(root, as: name, to: &lines)
        return lines.joined(separator: "\n")
    }

    private static func append(_ command: any ParsableCommand.Type, as name: String, to lines: inout [String]) {
        lines += [".SH \"\(escaped(name))\"", ".EX"]
        // Man indents it by seven columns.
        let help = DockerCacheCommand.helpMessage(for: command, columns: 73)
        // A line that begins with a point would be a request.
        lines += help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            (line.hasPrefix(".") ? "\\&" : "") + escaped(line)
        }
        lines.append(".EE")
        for below in command.configuration.subcommands {
            append(below, as: "\(name) \(below._commandName)", to: &lines)
        }
    }

    /// Text as roff takes it: what roff would act on is escaped.
    static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            // A bare one may be set as a hyphen, which cannot be pasted into a shell; the others as curly quotes.
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
            }
        }
        return escaped
    }
}
