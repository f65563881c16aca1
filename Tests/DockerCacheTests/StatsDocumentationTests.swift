import FoundationEssentials
import Statistics
import Testing

@Suite struct StatsDocumentationTests {
    @Test func everyCounterIsDescribed() throws {
        let file = OptionTableTests.root.appending(path: "docs/stats.md")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let rows = Counter.all.map { "| `\($0.name)` | `\($0.metric)` | \($0.help.dropLast()) |" }
        #expect(text.contains(rows.joined(separator: "\n")))
    }
}
