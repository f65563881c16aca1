import ArgumentParser
import Docker
import Fingerprint
import FoundationEssentials
import Host
import Inputs
import SystemPackage

/// `docker-cache context`: the contents of the context.
struct ContextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "List the files of the build context.",
        usage: "docker-cache context [<options>]",
        discussion: """
            Lists what the builder gets, after the ignore file. Each line has the permission bits \
            in octal, the type and the path. Backslashes, control characters and bytes that are \
            not UTF-8 are shown as escapes, such as "a\\x0ab".

            Examples:
              docker-cache context
              docker-cache context --context services/api --format json
            """
    )

    @OptionGroup(title: "Context") var inputs: OptionArguments<ContextOptions>
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let configuration = try inputs.values.inputs(surroundings)
            let index = common.openIndex(surroundings)
            let (context, ignoreFile, dialect) = try await surroundings.withRegistries { access in
                try await KeyComputation(configuration, index: index, access: access, surroundings: surroundings)
                    .context()
            }
            let entries = context.entries.filter { $0.type.isSent(by: dialect) }
            try common.print(
                entries.map(Self.line),
                json: Report(
                    digest: context.digest.description,
                    ignoreFile: ignoreFile?.path.string,
                    entries: entries.map(EntryReport.init)
                )
            )
        }
    }

    private static func line(_ entry: ContextEntry) -> String {
        let bits = String(entry.permissions, radix: 8)
        let padded = String(repeating: "0", count: max(0, 4 - bits.count)) + bits
        let type = entry.type.name + String(repeating: " ", count: max(0, 9 - entry.type.name.count))
        return "\(padded) \(type) \(EscapedPath.text(entry.path))"
    }

    /// The output of `--format json`.
    private struct Report: Encodable {
        /// 64 hex digits, over everything listed and over FIFOs, which only the legacy builder sends.
        let digest: String
        let ignoreFile: String?
        let entries: [EntryReport]
    }

    private struct EntryReport: Encodable {
        /// Escaped, as in the text format.
        let path: String
        let type: String
        /// In octal digits.
        let mode: String
        let size: Int64?
        /// SHA-256 of a file's content.
        let sha256: String?

        init(_ entry: ContextEntry) {
            path = EscapedPath.text(entry.path)
            type = entry.type.name
            let bits = String(entry.permissions, radix: 8)
            mode = String(repeating: "0", count: max(0, 4 - bits.count)) + bits
            size = entry.type == .file ? entry.size : nil
            sha256 = entry.type == .file ? entry.digest.description : nil
        }
    }
}
