import Formatting
package import Store

extension Statistics {
    /// How many of the slowest images are shown.
    package static let shownImages = 10

    /// Counts the lookups of `filter`. All numbers are those of one moment.
    ///
    /// - Parameters:
    ///   - dimension: what to group them by; nil for no groups
    ///   - hasSeries: whether ``series`` is wanted
    ///   - limitBytes: how big the cache may become, if somebody has said
    ///   - now: milliseconds since 1970. Days to come, from when a clock was wrong, are counted and not drawn
    package init(
        of index: Index,
        _ filter: EventFilter,
        by dimension: EventDimension? = nil,
        hasSeries: Bool = false,
        limitBytes: Int64? = nil,
        now: Int64
    ) throws {
        self = try index.database.readTransaction {
            let known = index.statistics
            let size = try index.entries.size()
            return Statistics(
                filter: filter,
                sums: try known.sums(filter),
                reasons: try known.reasons(filter),
                failures: try known.failures(filter),
                days: Self.upToNow(try known.groups(by: .day, filter), now: now),
                slowestImages: Self.slowest(try known.groups(by: .image, filter)),
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
