import ArgumentParser
import Buildkite
import Fingerprint
import Host
import Store
import SystemPackage

/// `docker-cache inspect`: all that the index knows of a key.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a key was made of, its entry, and every lookup of it.",
        discussion: """
            The beginning of the key is enough. What a key was made of is known of the last \
            \(KeyRecords.kept) keys of each image in each pipeline.

            Examples:
              docker-cache inspect 4478c4ed
              docker-cache inspect 4478c4ed --format json
            """
    )

    @Argument(help: "The key, or the beginning of it.")
    var key: String

    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            try await common.withIndex(surroundings) { index in
                let inspection = try KeyInspection(of: key, index)
                try common.print(inspection.lines(now: surroundings.now()), json: inspection.report)
            }
        }
    }
}
