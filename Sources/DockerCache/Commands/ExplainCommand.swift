import Inputs
import ArgumentParser
import Buildkite
import Fingerprint
import FoundationEssentials
import Host
import Options
import Store
import SystemPackage

/// `docker-cache explain`: why the key of a lookup differs from the previous one's.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what changed between the last lookup and the one before.",
        usage: "docker-cache explain [<options>] [<key>]",
        discussion: """
            Compares the last lookup in the working directory, or the one with the given key, \
            with the previous lookup of the same image in the same pipeline. Shows which files, \
            lines of the Dockerfile and build arguments changed. The index keeps the last \
            \(KeyRecords.kept) keys of each image in each pipeline.

            Examples:
              docker-cache explain
              docker-cache explain 4478c4ed --limit 100
              docker-cache explain --format json
            """
    )

    @Argument(help: "Key, or its first digits.")
    var key: String?

    /// The options of this command alone.
    struct Own: ParsableArguments {
        @Option(
            help: "Maximum number of files and of lines to show of each kind. (default: 20)",
            transform: WholeNumber.read
        )
        var limit = 20
    }

    @OptionGroup(title: "Output") var own: Own
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            try await common.withIndex(surroundings) { index in
                let seen = try seen(index, in: surroundings.workingDirectory)
                let explanation = try Explanation(seen, index, now: surroundings.now()) { path in
                    let directory = FilePath(pathBytes: seen.directory)
                    // If the file has changed or been removed since, lines are shown only by number.
                    return try? FileContent.bytes(directory.pushing(FilePath(pathBytes: path)))
                }
                try common.print(explanation.lines(limit: own.limit), json: explanation.report)
            }
        }
    }

    private func seen(_ index: Index, in directory: FilePath) throws -> StoredKeyRecord {
        guard let key else {
            guard let last = try index.keyRecords.last(in: directory.pathBytes) else {
                throw ExplainError.noLookup(directory: directory.string, index: index.path.string)
            }
            return last
        }
        let prefix = try KeyPrefix(key)
        let found = try index.keyRecords.find(prefix: prefix.digits)
        guard try prefix.onlyKey(of: found.map(\.key)) != nil, let last = found.first else {
            throw ExplainError.unknownKey(key, index: index.path.string)
        }
        return last
    }
}

/// Why there is nothing to explain.
enum ExplainError: ErrorWithExitStatus, CustomStringConvertible {
    case noLookup(directory: String, index: String)
    case unknownKey(String, index: String)

    var exitStatus: Int32 { ExitStatus.failed }

    var description: String {
        switch self {
        case .noLookup(let directory, let index):
            "The index \(index) has no lookup in \(directory). Change to the directory in which "
                + "`docker-cache run` or the plugin ran, or name a key, or name another index with --index."
        case .unknownKey(let key, let index):
            "The index \(index) does not know what a key \(key)… was made of. It keeps the last \(KeyRecords.kept) "
                + "of each image in each pipeline, and learns of a key when it is looked up."
        }
    }
}
