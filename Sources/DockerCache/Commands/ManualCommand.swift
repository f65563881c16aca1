import ArgumentParser
import Host
import SystemPackage

/// `docker-cache manual`: the manual page, which `script/build --install` installs for man(1).
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

/// The page for section 1, in the format of man(7): the `--help` of every command, verbatim.
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
        // man indents it by seven columns.
        let help = DockerCacheCommand.helpMessage(for: command, columns: 73)
        // A line that begins with a period would be a request.
        lines += help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            (line.hasPrefix(".") ? "\\&" : "") + escaped(line)
        }
        lines.append(".EE")
        for below in command.configuration.subcommands {
            append(below, as: "\(name) \(below._commandName)", to: &lines)
        }
    }

    /// The string with everything escaped that roff would interpret.
    static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            // roff may print a bare `-` as a hyphen that cannot be pasted into a shell, and the next ones as other
            // glyphs.
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
