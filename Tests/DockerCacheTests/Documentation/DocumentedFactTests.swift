import Buildkite
import Fingerprint
import FoundationEssentials
import Images
import Statistics
import Store
import Testing

@testable import Lookup

/// Pages and pictures show what the code has and prints.
@Suite struct DocumentedFactTests {
    /// The cells of the table rows that begin with `first`.
    private static func cells(_ page: String, beginning first: String) throws -> [[String]] {
        try DocumentationPage(page).prose.filter { $0.hasPrefix("| \(first) |") }.map { row in
            row.split(separator: "|").map { $0.trimmingPrefix(" ").split(separator: " ").joined(separator: " ") }
        }
    }

    /// `script/benchmark replay` measures them.
    @Test(arguments: ["README.md", "docs/keys.md"], ["microservices-demo", "robot-shop", "opentelemetry-demo"])
    func hitRatesAreThoseOfTheBenchmark(page: String, repository: String) throws {
        let measured = try #require(try Self.cells("docs/benchmarks.md", beginning: repository).first)
        let shown = try Self.cells(page, beginning: repository)
        #expect(shown == [[measured[0], measured[1], measured[4], measured[5], measured[6]]])
    }

    @Test func theReadmeHasEveryOutcomeAndVariable() throws {
        let readme = try OptionTableTests.text("README.md")
        for outcome in Outcome.allCases { #expect(readme.contains("| `\(outcome.rawValue)` |"), "\(outcome)") }
        for name in Exports.names {
            let names = ["`BUILDKITE_PLUGIN_DOCKER_CACHE_\(name)`", "`…_\(name)`"]
            #expect(names.contains { readme.contains($0) }, "\(name)")
        }
    }

    @Test func thePageOfKeysHasEveryReason() throws {
        let page = try OptionTableTests.text("docs/keys.md")
        for reason in Reason.allCases {
            let row = reason.outcome == .miss ? "" : " `\(reason.outcome.rawValue)` |"
            #expect(page.contains("| `\(reason.rawValue)` |\(row)"), "\(reason)")
        }
    }

    @Test func theExampleOfDoctorHasTheVersionOfTheSchema() throws {
        let directory = OptionTableTests.root.appending(path: "migrations").path
        let count = try FileManager.default.contentsOfDirectory(atPath: directory).count
        #expect(try OptionTableTests.text("docs/operations.md").contains("index.db, schema \(count), "))
    }

    private static func line(
        _ origin: LookupResult.Origin,
        _ milliseconds: Int64,
        build: Int64,
        hits: Int64,
        misses: Int64
    ) throws -> String {
        let result = LookupResult(
            origin: origin,
            key: KeyInputs(platform: "linux/amd64").key,
            image: try ImageReference(repository: RepositoryName("app"), tag: "x"),
            digest: nil,
            imageID: "sha256:a",
            imageBytes: 1,
            buildMilliseconds: build
        )
        return LookupSummary.line(
            result,
            counted: "shop",
            totalMilliseconds: milliseconds,
            totals: EventTotals([.localHit: hits, .miss: misses])
        )
    }

    @Test func theLastLineOfALookupIsTheOneThatIsPrinted() throws {
        let line = try Self.line(.agent, 60, build: 192_060, hits: 186, misses: 28)
        #expect(try OptionTableTests.text("README.md").contains("\n\(line)\n"))
        let hit = try Self.line(.agent, 90, build: 1270, hits: 36, misses: 11)
        #expect(try Self.described("hit").last.map(Self.withoutNumbers) == Self.withoutNumbers(hit))
        let miss = try Self.line(.built(.newKey), 1960, build: 1800, hits: 35, misses: 11)
        #expect(try Self.described("miss").last.map(Self.withoutNumbers) == Self.withoutNumbers(miss))
    }

    /// A picture has the numbers of the run that made it.
    private static func withoutNumbers(_ line: String) -> String { line.replacing(#/[0-9]+(\.[0-9]+)?/#, with: "0") }

    /// The text alternative of a picture of a terminal, by line.
    private static func described(_ name: String) throws -> [String] {
        let picture = try OptionTableTests.text("docs/pictures/\(name).svg")
        let text = try #require(picture.firstMatch(of: #/<desc id="d">([\s\S]*?)<\/desc>/#)?.output.1)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(arguments: ["miss", "hit", "stats"])
    func aPictureShowsWhatItsTextAlternativeSays(name: String) throws {
        let picture = try OptionTableTests.text("docs/pictures/\(name).svg")
        let drawn = picture.split(separator: "\n").filter { $0.hasPrefix("<text ") }
            .map { String($0.replacing(#/<[^>]*>/#, with: "")) }
        #expect(try Self.described(name).filter { !$0.isEmpty } == drawn)
    }

    @Test func thePictureOfStatsHasTheTitlesThatArePrinted() throws {
        let described = try Self.described("stats")
        let statistics = Statistics(
            reasons: [ReasonCount(reason: "new-key", lookups: 11), ReasonCount(reason: "image-gone", lookups: 3)],
            slowestImages: [EventGroup(value: "worker", sums: EventSums())]
        )
        let sections = try statistics.formatted(.text, bars: .unicode).split(separator: "\n\n")
        for section in sections[1...2] {
            let title = section.prefix { $0 != "\n" }
            #expect(described.contains { $0 == title }, "\(title)")
        }
        for counter in Counter.all {
            let title = (counter.isPart ? "  " : "") + counter.title
            #expect(described.contains { $0.hasPrefix(title) }, "\(title)")
        }
        let example = try #require(try DocumentationPage("docs/stats.md").blocks.first)
        #expect(example.text == described.dropFirst().joined(separator: "\n"))
    }
}
