import ArgumentParser
import Buildkite
import Docker
import Garbage
import Host
import Logging
import Options
import Store
import SystemPackage

/// `docker-cache forget`: the next lookup of a key starts anew.
struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Drop the entry of a key, so that the next lookup starts anew.",
        discussion: """
            The beginning of the key is enough. With --images the local image goes too, unless \
            a container uses it, it has other names, or it was used within the last hour. What \
            the registry has stays there, and the next lookup takes it from there.

            Examples:
              docker-cache forget 4478c4ed
              docker-cache forget 4478c4ed --images
            """
    )

    @Argument(help: "The key, or the beginning of it.")
    var key: String

    @Flag(help: "Also remove the local image.")
    var images = false

    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            try await common.withIndex(surroundings) { index in
                try await run(index, surroundings)
            }
        }
    }

    private func run(_ index: Index, _ surroundings: Surroundings) async throws {
        let prefix = try KeyPrefix(key)
        let entries = try index.entries.find(prefix: prefix.digits)
        guard try prefix.onlyKey(of: entries.map(\.key)) != nil else {
            throw KeyPrefixError.unknown(key, index: index.path.string)
        }
        let docker = images ? try DockerClient(environment: surroundings.environment, log: surroundings.log) : nil
        let survey = GarbageSurvey(
            index: index,
            docker: docker,
            environment: surroundings.environment,
            log: surroundings.log
        )
        let now = surroundings.now()
        let plan = GarbagePlan(forgetting: entries, with: await survey.daemon(), now: now)
        let collection = GarbageCollection(
            index: index,
            docker: docker,
            log: surroundings.log,
            now: now,
            forgetsRecent: true
        )
        let report = GarbageReport(plan, await collection.carryOut(plan))
        let stillThere = entries.compactMap(\.cacheImage).map { cacheImage in
            "The registry still has \(cacheImage), from where the next lookup takes it."
        }
        try common.print(report.lines + stillThere, object: JSONObject(report.report))
        if !report.report.failed.isEmpty { throw ExitCode(ExitStatus.failed) }
    }
}
