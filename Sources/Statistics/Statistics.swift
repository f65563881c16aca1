package import Store

/// What the lookups that an index knows come to: a value that every format shows.
package struct Statistics: Equatable, Sendable {
    package var filter: EventFilter
    package var sums: EventSums
    /// Why lookups were no hit, the most frequent reason first.
    package var reasons: [ReasonCount]
    /// What failed, the most frequent failure first.
    package var failures: [ReasonCount]
    /// Each day with a lookup, the first one first.
    package var days: [EventGroup]
    /// The images whose builds take longest on average, the slowest first.
    package var slowestImages: [EventGroup]
    /// What the lookups were grouped by, and the groups; nil where that was not asked for.
    package var grouping: Grouping?
    /// By image, pipeline and provider, for Prometheus; empty where that was not asked for.
    package var series: [EventSeries]
    package var cache: CacheSize

    package struct Grouping: Equatable, Sendable {
        package var dimension: EventDimension
        /// Days in their order; all others by lookups, the most first.
        package var groups: [EventGroup]

        package init(dimension: EventDimension, groups: [EventGroup]) {
            self.dimension = dimension
            self.groups = groups
        }
    }

    /// How full the cache is.
    package struct CacheSize: Equatable, Sendable {
        /// Images that the index promises.
        package var entries: Int64
        /// How big they are together.
        package var bytes: Int64
        /// How big they may become; nil where nobody has said.
        package var limitBytes: Int64?

        package init(entries: Int64 = 0, bytes: Int64 = 0, limitBytes: Int64? = nil) {
            self.entries = entries
            self.bytes = bytes
            self.limitBytes = limitBytes
        }

        /// The share of the limit that is taken; nil without one.
        package var share: Double? {
            limitBytes.flatMap { $0 > 0 ? Double(bytes) / Double($0) : nil }
        }
    }

    package init(
        filter: EventFilter = EventFilter(),
        sums: EventSums = EventSums(),
        reasons: [ReasonCount] = [],
        failures: [ReasonCount] = [],
        days: [EventGroup] = [],
        slowestImages: [EventGroup] = [],
        grouping: Grouping? = nil,
        series: [EventSeries] = [],
        cache: CacheSize = CacheSize()
    ) {
        self.filter = filter
        self.sums = sums
        self.reasons = reasons
        self.failures = failures
        self.days = days
        self.slowestImages = slowestImages
        self.grouping = grouping
        self.series = series
        self.cache = cache
    }
}
