import Files
import ArgumentParser
import Buildkite
import Formatting
import Host
import Logging
import PluginConfiguration
import Statistics
import Store
import SystemPackage

/// `docker-cache stats`: a summary of this host's lookups.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show hit rate, misses by reason, and time saved.",
        usage: "docker-cache stats [<options>]",
        discussion: """
            Counts the lookups of all agents of this host, from the index. To include other \
            hosts, name their indexes with --index, or their JSON with --merge. Days and times \
            are UTC.

            Examples:
              docker-cache stats
              docker-cache stats --since 7d --by pipeline
              docker-cache stats --since 2026-11-01 --format csv --by day
              docker-cache stats --format prometheus --output docker-cache.prom
              docker-cache stats --html report.html --max-size 50GB
              docker-cache stats --merge host-1.json --merge host-2.json
              docker-cache stats --annotate
            """
    )

    @Option(
        help: ArgumentHelp(
            "Count from this time: 30m, 24h, 7d or 2w ago, a day such as 2026-11-01, or a time such as "
                + "2026-11-01T06:30:00Z."
        ),
        transform: StatsTime.init(argument:)
    )
    var since: StatsTime?

    @Option(help: "Count up to this time, in the same forms.", transform: StatsTime.init(argument:))
    var until: StatsTime?

    @Option(help: "Count only this image.")
    var image: String?

    @Option(help: "Count only this pipeline.")
    var pipeline: String?

    @Option(help: "Count only this branch.")
    var branch: String?

    @Option(
        help: """
            Group the counts. image: by image. pipeline: by pipeline. branch: by branch. provider: by provider. \
            reason: by the reason for no hit. day: by day.
            """,
        completion: Choice<EventDimension>.completion,
        transform: Choice.read
    )
    var by: EventDimension?

    @Option(
        help: """
            Output format. text: for people. json: for programs. prometheus: for monitoring. csv: for spreadsheets.
            """,
        completion: Choice<StatisticsFormat>.completion,
        transform: Choice.read
    )
    var format: StatisticsFormat = .text

    @Option(help: ArgumentHelp("File for the result. It is replaced as a whole.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("File for the result as a page for a browser.", valueName: "file"))
    var html: String?

    @Option(
        name: .customLong("max-size"),
        help: "Size limit to show next to the total size of images, such as 50GB. Removes nothing.",
        transform: ByteCountArgument.init(argument:)
    )
    var maximumSize: ByteCountArgument?

    @Flag(help: "Post the lookups of this job as an annotation of its build. Needs buildkite-agent.")
    var annotate = false

    @Flag(help: "Forget all lookups. Images and their entries stay.")
    var reset = false

    @OptionGroup var sources: StatsSources

    func validate() throws {
        if let problem = StatsUsage.problem(of: self) { throw ValidationError(problem) }
    }

    func run() async throws {
        // Standard output has the result, so messages go to standard error.
        let surroundings = Surroundings.current(logTo: .standardError, verbose: sources.verbose)
        try await CommandRunner.run(surroundings) {
            if annotate {
                return try await BuildAnnotation(surroundings).post(sources.openedIndex(surroundings))
            }
            let filter = try filter(now: surroundings.now())
            if reset {
                let count = try reading(sources.openedIndex(surroundings)) { try $0.statistics.forgetAll() }
                return try TextOutput.line("Forgot \(Quantity.count(count, "lookup")).")
            }
            try write(try statistics(filter, surroundings), surroundings)
        }
    }

    /// The combined statistics of all hosts.
    private func statistics(_ filter: EventFilter, _ surroundings: Surroundings) throws -> Statistics {
        let others = try sources.merged()
        var sum: Statistics?
        for index in try sources.openedIndexes(surroundings) {
            try warnOfUnknownNames(index, filter, surroundings)
            let own = try reading(index) { index in
                try Statistics(
                    of: index,
                    filter,
                    by: by,
                    hasSeries: format == .prometheus,
                    hasMissReasons: html != nil || format == .json,
                    limitBytes: maximumSize?.bytes,
                    now: surroundings.now()
                )
            }
            sum = try sum?.merged(with: own) ?? own
        }
        var total =
            sum
            ?? Statistics(
                filter: filter,
                grouping: by.map { Statistics.Grouping(dimension: $0, groups: []) },
                cache: Statistics.CacheSize(limitBytes: maximumSize?.bytes),
                hosts: 0
            )
        for (file, other) in others {
            do throws(StatisticsMergeError) {
                total = try total.merged(with: other)
            } catch {
                throw StatsSourceError.unsuitable(file, error)
            }
        }
        return total
    }

    private func write(_ statistics: Statistics, _ surroundings: Surroundings) throws {
        if let html {
            let page = StatisticsPage(
                statistics,
                made: Timestamp.text(surroundings.now()),
                scope: StatsScope.text(statistics.filter, hosts: statistics.hosts)
            )
            return try OutputFile(html, for: .everyone).write(Array(page.text.utf8))
        }
        let text = try statistics.formatted(format, bars: Sparkline.Style(environment: surroundings.environment))
        if let output {
            try OutputFile(output, for: .everyone).write(Array(text.utf8))
        } else {
            try ResultOutput.write(text.utf8)
        }
    }

    private func filter(now: Int64) throws -> EventFilter {
        let filter = EventFilter(
            since: since?.milliseconds(now: now),
            until: until?.milliseconds(now: now),
            image: image,
            pipeline: pipeline,
            branch: branch
        ).inWholeDays(before: now - EventStatistics.daysAge)
        if let since = filter.since, let until = filter.until, since >= until {
            throw StatsUsage.emptySpan
        }
        return filter
    }

    /// Warns if a number is incomplete because names of old lookups are no longer known.
    private func warnOfUnknownNames(_ index: Index, _ filter: EventFilter, _ surroundings: Surroundings) throws {
        let names: [EventDimension] = [.image, .pipeline, .provider]
        guard branch == nil, image != nil || pipeline != nil || by.map(names.contains) == true,
            let day = try reading(index, { try $0.statistics.namesAreKnownSince(filter) })
        else { return }
        surroundings.log.warning(
            """
            Lookups from before \(Timestamp.dayText(day)) are known by image, pipeline and provider only all together, \
            and are not counted here. Leave out --since and --until to count them too.
            """
        )
    }

    private func reading<Result>(_ index: Index, _ body: (Index) throws -> Result) throws -> Result {
        do {
            return try body(index)
        } catch {
            throw index.failure(error)
        }
    }
}

/// A description of the counted lookups, for the head of a page.
enum StatsScope {
    /// Such as `Lookups of the image app from 2026-11-01T00:00:00Z`.
    static func text(_ filter: EventFilter, hosts: Int64) -> String {
        var parts: [String] = []
        if let image = filter.image { parts.append("of the image \(image)") }
        if let pipeline = filter.pipeline { parts.append("in the pipeline \(pipeline)") }
        if let branch = filter.branch { parts.append("on the branch \(branch)") }
        if let since = filter.since { parts.append("from \(Timestamp.text(since))") }
        if let until = filter.until { parts.append("to \(Timestamp.text(until))") }
        guard hosts != 1 else {
            return parts.isEmpty ? "All lookups of this host" : "Lookups " + parts.joined(separator: " ")
        }
        return ([parts.isEmpty ? "All lookups" : "Lookups"] + parts + ["of \(hosts) hosts"]).joined(separator: " ")
    }
}

/// A size on the command line, in bytes.
struct ByteCountArgument: Equatable {
    let bytes: Int64

    /// Parses the size. Throws a `ValidationError` that lists the allowed forms.
    init(argument: String) throws {
        guard let bytes = ByteCount.bytes(argument) else {
            throw ValidationError(GarbagePolicy.expectedSize)
        }
        self.bytes = bytes
    }
}
