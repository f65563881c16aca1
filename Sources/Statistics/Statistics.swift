import Formatting
package import Store

/// Totals of the lookups in an index, as a value that every format prints.
package struct Statistics: Equatable, Sendable {
    package var filter: EventFilter
    package var sums: EventSums
    /// Why lookups were not hits, most frequent reason first.
    package var reasons: [ReasonCount]
    /// What failed, most frequent failure first.
    package var failures: [ReasonCount]
    /// Each day with a lookup, oldest first.
    package var days: [EventGroup]
    /// The images with the longest average build time, slowest first.
    package var slowestImages: [EventGroup]
    /// The images with the longest total build time, costliest first.
    package var costliestImages: [EventGroup]
    /// Misses by day and reason, sorted by day and then by frequency, most frequent reason first.
    package var missReasons: [DayReason]
    /// All known images, in no particular order. ``slowestImages`` are taken from them.
    package var images: [EventGroup]
    /// The dimension by which the lookups were grouped, and the groups; nil if none was requested.
    package var grouping: Grouping?
    /// Sums by image, pipeline and provider, for Prometheus; empty if not requested.
    package var series: [EventSeries]
    package var cache: CacheSize
    /// The number of hosts that the lookups come from.
    package var hosts: Int64

    package struct Grouping: Equatable, Sendable {
        package var dimension: EventDimension
        /// Days in order; other groups by lookups, most first.
        package var groups: [EventGroup]

        package init(dimension: EventDimension, groups: [EventGroup]) {
            self.dimension = dimension
            self.groups = groups
        }
    }

    /// How full the cache is.
    package struct CacheSize: Equatable, Sendable {
        /// The number of entries in the index.
        package var entries: Int64
        /// The total size of their images, in bytes.
        package var bytes: Int64
        /// The maximum total size, in bytes; nil if no limit is set.
        package var limitBytes: Int64?

        package init(entries: Int64 = 0, bytes: Int64 = 0, limitBytes: Int64? = nil) {
            self.entries = entries
            self.bytes = bytes
            self.limitBytes = limitBytes
        }

        /// The share of the limit that is used; nil without a limit.
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
    /// The maximum number of slowest and costliest images shown.
    package static let shownImages = 10

    /// Summarizes the lookups that match `filter`. All numbers come from one read transaction.
    ///
    /// - Parameters:
    ///   - dimension: what to group them by; nil for no groups
    ///   - hasSeries: whether to fill ``series``
    ///   - hasMissReasons: whether to fill ``missReasons``
    ///   - limitBytes: the maximum total size of the images, if one is set
    ///   - now: milliseconds since 1970. Days in the future, from a wrong clock, are counted but not drawn
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

    /// The images with the longest average build time; equal ones by name.
    static func slowest(_ images: [EventGroup]) -> [EventGroup] {
        let built = images.filter { $0.sums.builds > 0 }
        let sorted = built.sorted { left, right in
            let (first, second) = (left.sums.averageBuildMilliseconds ?? 0, right.sums.averageBuildMilliseconds ?? 0)
            return first == second ? (left.value ?? "") < (right.value ?? "") : first > second
        }
        return Array(sorted.prefix(shownImages))
    }

    /// The images with the longest total build time; equal ones by name.
    static func costliest(_ images: [EventGroup]) -> [EventGroup] {
        let sorted = images.filter { $0.sums.builds > 0 }.sorted { left, right in
            let (first, second) = (left.sums.buildMilliseconds, right.sums.buildMilliseconds)
            return first == second ? (left.value ?? "") < (right.value ?? "") : first > second
        }
        return Array(sorted.prefix(shownImages))
    }

    /// Days in order; other groups by lookups, most first, and equal ones by name.
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
    /// The heading of a column.
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
