/// Sums over a set of lookups.
package struct EventSums: Equatable, Sendable {
    /// The number of lookups by outcome.
    package var totals: EventTotals
    /// Hits that waited for another process on the host, and used the image that it had built or pulled.
    package var waited: Int64
    /// Successful builds.
    package var builds: Int64
    /// The total duration of these builds, in milliseconds.
    package var buildMilliseconds: Int64
    /// The duration of the slowest of them, in milliseconds; 0 without builds.
    package var slowestBuildMilliseconds: Int64
    /// The time that hits saved by not building, in milliseconds.
    package var savedMilliseconds: Int64
    /// The total size of the images that were already on the agent, in bytes.
    package var bytesNotPulled: Int64
    /// The total size of the images of all hits, in bytes.
    package var bytesNotBuilt: Int64

    package init(
        totals: EventTotals = EventTotals(),
        waited: Int64 = 0,
        builds: Int64 = 0,
        buildMilliseconds: Int64 = 0,
        slowestBuildMilliseconds: Int64 = 0,
        savedMilliseconds: Int64 = 0,
        bytesNotPulled: Int64 = 0,
        bytesNotBuilt: Int64 = 0
    ) {
        self.totals = totals
        self.waited = waited
        self.builds = builds
        self.buildMilliseconds = buildMilliseconds
        self.slowestBuildMilliseconds = slowestBuildMilliseconds
        self.savedMilliseconds = savedMilliseconds
        self.bytesNotPulled = bytesNotPulled
        self.bytesNotBuilt = bytesNotBuilt
    }

    /// The sum of both.
    package static func + (left: EventSums, right: EventSums) -> EventSums {
        var totals = EventTotals(failures: left.totals.failures + right.totals.failures)
        for outcome in Outcome.allCases { totals[outcome] = left.totals[outcome] + right.totals[outcome] }
        return EventSums(
            totals: totals,
            waited: left.waited + right.waited,
            builds: left.builds + right.builds,
            buildMilliseconds: left.buildMilliseconds + right.buildMilliseconds,
            slowestBuildMilliseconds: max(left.slowestBuildMilliseconds, right.slowestBuildMilliseconds),
            savedMilliseconds: left.savedMilliseconds + right.savedMilliseconds,
            bytesNotPulled: left.bytesNotPulled.addingUpToLargest(right.bytesNotPulled),
            bytesNotBuilt: left.bytesNotBuilt.addingUpToLargest(right.bytesNotBuilt)
        )
    }

    package static func += (left: inout EventSums, right: EventSums) { left = left + right }

    /// The average duration of a build, in milliseconds, rounded down; nil without builds.
    package var averageBuildMilliseconds: Int64? {
        builds > 0 ? buildMilliseconds / builds : nil
    }
}

extension Int64 {
    /// The sum of two numbers that are not negative; the largest number if it would be larger.
    package func addingUpToLargest(_ other: Int64) -> Int64 {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}

/// The number of lookups by outcome.
package struct EventTotals: Equatable, Sendable {
    private var lookupsByOutcome: [Outcome: Int64] = [:]
    /// Lookups with a failure, whatever their outcome.
    package var failures: Int64

    package init(_ lookups: [Outcome: Int64] = [:], failures: Int64 = 0) {
        lookupsByOutcome = lookups
        self.failures = failures
    }

    /// The number of lookups that ended with `outcome`.
    package subscript(outcome: Outcome) -> Int64 {
        get { lookupsByOutcome[outcome] ?? 0 }
        set { lookupsByOutcome[outcome] = newValue }
    }

    /// All lookups.
    package var lookups: Int64 { Outcome.allCases.reduce(0) { $0 + self[$1] } }

    /// Lookups that found their image.
    package var hits: Int64 { Outcome.allCases.filter(\.isHit).reduce(0) { $0 + self[$1] } }

    /// Lookups that consulted the cache: all except bypassed ones.
    package var asked: Int64 { lookups - self[.bypassed] }

    /// The share of hits among the lookups that consulted the cache, 0 to 1; nil if there were none.
    package var hitRate: Double? { asked > 0 ? Double(hits) / Double(asked) : nil }

    package static func == (left: EventTotals, right: EventTotals) -> Bool {
        left.failures == right.failures && Outcome.allCases.allSatisfy { left[$0] == right[$0] }
    }
}
