import ArgumentParser
import Buildkite
import Garbage
import PluginConfiguration
import Docker
import Host
import Logging
import Options
import Store
import SystemPackage

/// `docker-cache gc`: removes what is no longer worth keeping.
struct GCCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove old entries and images, and enforce limits.",
        usage: "docker-cache gc [<options>]",
        discussion: """
            Removes expired entries with their local images, images above the limits, images \
            without an entry, hashes of checkouts that are gone, old lookups, and the least \
            recently used contexts if BuildKit keeps more than 512 MiB of them.

            Only images that docker-cache built are removed, and never by force. An image stays \
            if a container uses it, if it was used within the last hour, or if it has another \
            tag of its local name, such as one from local-tags. An image with names in other \
            repositories loses only the names that docker-cache gave it.

            Examples:
              docker-cache gc --dry-run
              docker-cache gc --max-size 20GB
              docker-cache gc --image my-app --keep 3 --max-age-days 14
              docker-cache gc --registry --image my-app --provider ecr --max-age-days 60
            """
    )

    /// The options of this command alone, and the limit that it shares with a lookup.
    struct Own: ParsableArguments {
        @Flag(help: "Show what would be removed, without removing it.")
        var dryRun = false

        @Flag(
            help: """
                Remove expired cache images, and records without an image, from the registry too. Needs --image and \
                --provider.
                """
        )
        var registry = false

        @OptionGroup var age: OptionArguments<AgeOptions>

        @Option(help: "Maximum total size of local images, such as 20GB. The least recently used are removed first.")
        var maxSize: String?

        @Option(help: "Maximum number of local images per image name. The most recently used are kept.")
        var keep: String?

        @Option(help: "Days to keep lookups and explanations of misses. (default: 90)")
        var eventsDays: String?
    }

    @OptionGroup(title: "Removal") var own: Own
    @OptionGroup(title: "Image") var cache: OptionArguments<RemovalOptions>
    @OptionGroup(title: "Providers") var providers: OptionArguments<ProviderOptions>
    @OptionGroup(title: "Common") var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(logTo: .standardError, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let limits = try limits()
            let inRegistry = own.registry ? try RegistrySession.configuration(options, surroundings) : nil
            try await common.withIndex(surroundings) { index in
                try await run(index, limits, inRegistry, surroundings)
            }
        }
    }

    private func run(
        _ index: Index,
        _ limits: GarbageLimits,
        _ inRegistry: CacheConfiguration?,
        _ surroundings: Surroundings
    ) async throws {
        let now = surroundings.now()
        let lock = own.dryRun ? nil : try GarbageLock.take(index.path, now: now)
        defer { lock?.release() }
        guard own.dryRun || lock != nil else {
            return surroundings.log.notice("Another gc is at work on this host. Nothing was done.")
        }
        let docker = docker(surroundings)
        var survey = GarbageSurvey(
            index: index,
            docker: docker,
            environment: surroundings.environment,
            log: surroundings.log
        )
        survey.countsContexts = limits.image == nil
        let plan = GarbagePlan(try await survey.inventory(limits, now: now), limits: limits, now: now)
        var report: GarbageReport
        if own.dryRun {
            report = GarbageReport(plan)
        } else {
            let collection = GarbageCollection(index: index, docker: docker, log: surroundings.log, now: now)
            report = GarbageReport(plan, await collection.carryOut(plan))
            collection.emptyLog()
        }
        if let inRegistry {
            report = report.adding(
                try await RegistryGarbageSession.run(inRegistry, index, isDryRun: own.dryRun, surroundings)
            )
        }
        try common.print(report.lines, object: JSONObject(report.report))
        if let status = CancellationSignal.exitStatus { throw ExitCode(status) }
        if !report.report.failed.isEmpty { throw ExitCode(ExitStatus.failed) }
    }

    /// Without docker, the index can still be cleaned up.
    private func docker(_ surroundings: Surroundings) -> DockerClient? {
        do {
            return try DockerClient(environment: surroundings.environment, log: surroundings.log)
        } catch {
            surroundings.log.warning("No local image is removed: \(error)")
            return nil
        }
    }

    /// The given options.
    var options: OptionValues {
        var options = OptionValues(origin: .commandLine)
        own.age.add(to: &options)
        cache.add(to: &options)
        providers.add(to: &options)
        common.add(to: &options)
        return options
    }

    /// The limits from the given options, read and checked.
    func limits() throws(OptionError) -> GarbageLimits {
        let options = options
        let age = try options.number(OptionTable.maxAgeDays).map(CacheConfiguration.milliseconds(days:))
        var limits = GarbageLimits(maximumAge: age ?? .max, orphanAge: GarbageLimits.day)
        limits.respectsLongerAges = !options.has(OptionTable.maxAgeDays)
        limits.maximumSize = try GarbagePolicy.size(own.maxSize, option: "--max-size")
        limits.keep = try GarbagePolicy.count(own.keep, option: "--keep")
        if let eventsDays = own.eventsDays {
            guard let days = Double(eventsDays), days >= 0, days.isFinite else {
                throw .notANumber(option: "--events-days", value: eventsDays)
            }
            limits.eventAge = CacheConfiguration.milliseconds(days: days)
        }
        limits.image = try options.text(OptionTable.image)
        return limits
    }
}

extension JSONObject {
    /// The result of gc. Its lists may have a line for each entry.
    init(_ report: GarbageReport.Report) {
        self.init(values: [
            "version": .single(report.version),
            "dry_run": .single(report.dryRun),
            "removed": .list(report.removed),
            "kept": .list(report.kept),
            "failed": .list(report.failed),
            "bytes": .single(report.bytes),
            "remaining": .single(report.remaining),
        ])
    }
}
