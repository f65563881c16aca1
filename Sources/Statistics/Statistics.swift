import Formatting
package import Store

/// What the lookups that an index knows add up to: a value that every format shows.
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
    /// The images whose builds took most time in all, the costliest first.
    package var costliestImages: [EventGroup]
    /// Misses by day and reason, in the order of the days; the most frequent reason of a day first.
    package var missReasons: [DayReason]
    /// All images that are known of, in no order: what ``slowestImages`` are taken from.
    package var images: [EventGroup]
    /// What the lookups were grouped by, and the groups; nil where that was not asked for.
    package var grouping: Grouping?
    /// By image, pipeline and provider, for Prometheus; empty where that was not asked for.
    package var series: [EventSeries]
    package var cache: CacheSize
    /// How many hosts the lookups are of.
    package var hosts: Int64

    package struct Grouping: Equatable, Sendable {
        package var dimension: EventDimension
        /// Those whose builds took most time in all; equal ones by name.
        static func costliest(_ images: [EventGroup]) -> [EventGroup] {
            let sorted = images.filter { $0.sums.builds > 0 }.sorted { left, right in
                let (first, second) = (left.sums.buildMilliseconds, right.sums.buildMilliseconds)
                return first == second ? (left.value ?? "") < (right.value ?? "") : first > second
            }
            return Array(sorted.prefix(shownImages))
        }

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
        /// How big they may become; nil where no one has said.
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
        costliestImages: [EventGroup] = [],
        missReasons: [DayReason] = [],
        images: [EventGroup] = [],
        grouping: Grouping? = nil,
        series: [EventSeries] = [],
        cache: CacheSize = CacheSize(),
        hosts: Int64 = 1
    ) {
        self.filter = filter
        self.sums = sums
        self.reasons = reasons
        self.failures = failures
        self.days = days
        self.slowestImages = slowestImages
        self.costliestImages = costliestImages
        self.missReasons = missReasons
        self.images = images
        self.grouping = grouping
        self.series = series
        self.cache = cache
        self.hosts = hosts
    }
}

extension Statistics {
    /// How many of the slowest images are shown.
    package static let shownImages = 10

    /// Counts the lookups of `filter`. All numbers are those of one moment.
    ///
    /// - Parameters:
    ///   - dimension: what to group them by; nil for no groups
    ///   - hasSeries: whether ``series`` is wanted
    ///   - hasMissReasons: whether ``missReasons`` is wanted
    ///   - limitBytes: how big the cache may become, if someone has said
    ///   - now: milliseconds since 1970. Days to come, from when a clock was wrong, are counted and not drawn
    package init(
        of index: Index,
        _ filter: EventFilter,
        by dimension: EventDimension? = nil,
        hasSeries: Bool = false,
        hasMissReasons: Bool = false,
        limitBytes: Int64? = nil,
        now: Int64
    ) throws {
        self = try index.database.readTransaction {
            let known = index.statistics
            let size = try index.entries.size()
            let images = try known.groups(by: .image, filter)
            return Statistics(
                filter: filter,
                sums: try known.sums(filter),
                reasons: try known.reasons(filter),
                failures: try known.failures(filter),
                days: Self.upToNow(try known.groups(by: .day, filter), now: now),
                slowestImages: Self.slowest(images),
                costliestImages: Self.costliest(images),
                missReasons: hasMissReasons ? try known.missReasons(filter) : [],
                images: images,
                grouping: try dimension.map { dimension in
                    let groups = try known.groups(by: dimension, filter)
                    return Grouping(dimension: dimension, groups: Self.ordered(groups, by: dimension))
                },
                series: hasSeries ? try known.series(filter) : [],
                cache: CacheSize(entries: size.entries, bytes: size.bytes, limitBytes: limitBytes)
            )
        }
    }

    static func upToNow(_ days: [EventGroup], now: Int64) -> [EventGroup] {
        let today = Timestamp.dayText(now / 86_400_000)
        return days.filter { ($0.value ?? "") <= today }
    }

    /// Those whose builds take longest on average; equal ones by name.
    static func slowest(_ images: [EventGroup]) -> [EventGroup] {
        let built = images.filter { $0.sums.builds > 0 }
        let sorted = built.sorted { left, right in
            let (first, second) = (left.sums.averageBuildMilliseconds ?? 0, right.sums.averageBuildMilliseconds ?? 0)
            return first == second ? (left.value ?? "") < (right.value ?? "") : first > second
        }
        return Array(sorted.prefix(shownImages))
    }

    /// Those whose builds took most time in all; equal ones by name.
    static func costliest(_ images: [EventGroup]) -> [EventGroup] {
        let sorted = images.filter { $0.sums.builds > 0 }.sorted { left, right in
            let (first, second) = (left.sums.buildMilliseconds, right.sums.buildMilliseconds)
            return first == second ? (left.value ?? "") < (right.value ?? "") : first > second
        }
        return Array(sorted.prefix(shownImages))
    }

    /// Days in their order; all others by lookups, the most first, and equal ones by name.
    static func ordered(_ groups: [EventGroup], by dimension: EventDimension) -> [EventGroup] {
        switch dimension {
        case .day:
            groups
        case .image, .pipeline, .branch, .provider, .reason:
            groups.sorted { left, right in
                let (first, second) = (left.sums.totals.lookups, right.sums.totals.lookups)
                return first == second ? (left.value ?? "") < (right.value ?? "") : first > second
            }
        }
    }
}

extension EventDimension {
    /// For the head of a column.
    package var title: String {
        switch self {
        case .image: "Image"
        case .pipeline: "Pipeline"
        case .branch: "Branch"
        case .provider: "Provider"
        case .reason: "Reason"
        case .day: "Day"
        }
    }
}
