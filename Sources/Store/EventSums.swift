/// What a number of lookups come to.
package struct EventSums: Equatable, Sendable {
    /// How many ended how.
    package var totals: EventTotals
    /// Hits that waited for another process of the host, and took what it had built or pulled.
    package var waited: Int64
    /// Builds that succeeded.
    package var builds: Int64
    /// How long these took together, in milliseconds.
    package var buildMilliseconds: Int64
    /// How long the slowest of them took, in milliseconds; 0 without builds.
    package var slowestBuildMilliseconds: Int64
    /// What hits saved against building, in milliseconds.
    package var savedMilliseconds: Int64
    /// The sizes of the images that were on the agent already, in bytes.
    package var bytesNotPulled: Int64
    /// The sizes of the images of all hits, in bytes.
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

    /// How long a build took, in milliseconds, rounded down; nil without builds.
    package var averageBuildMilliseconds: Int64? {
        builds > 0 ? buildMilliseconds / builds : nil
    }
}
