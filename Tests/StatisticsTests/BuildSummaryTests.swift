import Statistics
import Store
import Testing

@Suite struct BuildSummaryTests {
    private static func event(_ outcome: Outcome, reason: Reason? = nil, failure: Failure? = nil) -> Event {
        Event(at: 1, image: "app", provider: "local", outcome: outcome, reason: reason, failure: failure)
    }

    @Test(
        arguments: [
            ([event(.localHit), event(.registryHit)], .success), ([event(.localHit), event(.miss)], .info),
            ([event(.miss, reason: .registryRefused)], .warning),
            ([event(.localHit), event(.miss, failure: .buildFailed)], .error),
        ] as [([Event], BuildSummary.Style)]
    )
    func theStyleSaysHowItWent(events: [Event], style: BuildSummary.Style) {
        #expect(BuildSummary(events)?.style == style)
    }

    @Test func withoutLookupsThereIsNothingToSay() {
        #expect(BuildSummary([]) == nil)
    }

    @Test func whatNobodyReadsIsOnlyCounted() {
        let summary = BuildSummary(Array(repeating: Self.event(.localHit), count: 103))
        #expect(summary?.text.hasSuffix("|\n\nAnd 3 more.\n") == true)
    }
}
