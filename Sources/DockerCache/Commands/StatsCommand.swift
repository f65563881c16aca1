import Logging
import ArgumentParser
import Buildkite
import Store
import SystemPackage

/// `docker-cache stats`: how often lookups hit.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show lookups, hits, misses and the hit rate.",
        discussion: """
            Examples:
              docker-cache stats
              docker-cache stats --format json
            """
    )

    @OptionGroup var common: CommonArguments

    func run() async throws {
        let surroundings = Surroundings.current(format: common.format, verbose: common.verbose)
        try await CommandRunner.run(surroundings) {
            let index = try common.openedIndex(surroundings)
            let totals = try index.events.totals(since: 0)
            switch common.format {
            case .text: surroundings.output.line(Self.text(totals))
            case .json: try JSONOutput.print(Report(totals))
            }
        }
    }

    /// The table for people.
    static func text(_ totals: EventTotals) -> String {
        let rows: [(String, String)] = [
            ("Lookups", "\(totals.lookups)"),
            ("Hits", "\(totals.hits)"),
            ("  local", "\(totals.localHits)"),
            ("  registry", "\(totals.registryHits)"),
            ("Misses", "\(totals.misses)"),
            ("Expired", "\(totals.expired)"),
            ("Bypassed", "\(totals.bypassed)"),
            ("Failed", "\(totals.failures)"),
            ("Hit rate", totals.hitRate.map(LookupSummary.percent) ?? "no lookup has asked yet"),
        ]
        return rows.map { name, value in
            name + String(repeating: " ", count: 12 - name.count) + value
        }.joined(separator: "\n")
    }

    /// What `--format json` prints.
    private struct Report: Encodable {
        let lookups, hits, localHits, registryHits, misses, expired, bypassed, failures: Int64
        let hitRate: Double?

        init(_ totals: EventTotals) {
            lookups = totals.lookups
            hits = totals.hits
            localHits = totals.localHits
            registryHits = totals.registryHits
            misses = totals.misses
            expired = totals.expired
            bypassed = totals.bypassed
            failures = totals.failures
            hitRate = totals.hitRate
        }
    }
}
