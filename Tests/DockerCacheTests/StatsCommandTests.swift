import Store
import Testing

@testable import DockerCache

@Suite struct StatsCommandTests {
    @Test func theTableHasEveryNumber() {
        let totals = EventTotals(
            localHits: 5,
            registryHits: 2,
            misses: 3,
            expired: 1,
            bypassed: 4,
            failures: 1
        )
        #expect(
            StatsCommand.text(totals) == """
                Lookups     15
                Hits        7
                  local     5
                  registry  2
                Misses      3
                Expired     1
                Bypassed    4
                Failed      1
                Hit rate    64 %
                """
        )
    }

    @Test func withoutLookupsThereIsNoRate() {
        #expect(StatsCommand.text(EventTotals()).hasSuffix("Hit rate    no lookup has asked yet"))
    }
}
