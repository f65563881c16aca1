/// How many lookups ended how.
package struct EventTotals: Equatable, Sendable {
    private var lookupsByOutcome: [Outcome: Int64] = [:]
    /// Lookups with a failure, whatever their outcome.
    package var failures: Int64

    package init(_ lookups: [Outcome: Int64] = [:], failures: Int64 = 0) {
        lookupsByOutcome = lookups
        self.failures = failures
    }

    /// How many lookups ended with `outcome`.
    package subscript(outcome: Outcome) -> Int64 {
        get { lookupsByOutcome[outcome] ?? 0 }
        set { lookupsByOutcome[outcome] = newValue }
    }

    /// All lookups.
    package var lookups: Int64 { Outcome.allCases.reduce(0) { $0 + self[$1] } }

    /// Lookups that found their image.
    package var hits: Int64 { Outcome.allCases.filter(\.isHit).reduce(0) { $0 + self[$1] } }

    /// Lookups that were to find their image. A bypassed one was not.
    package var asked: Int64 { lookups - self[.bypassed] }

    /// The share of hits among the lookups that asked, 0 to 1; nil if none did.
    package var hitRate: Double? { asked > 0 ? Double(hits) / Double(asked) : nil }

    package static func == (left: EventTotals, right: EventTotals) -> Bool {
        left.failures == right.failures && Outcome.allCases.allSatisfy { left[$0] == right[$0] }
    }
}
