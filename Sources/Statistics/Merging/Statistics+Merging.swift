package import Store

extension Statistics {
    /// The sum of both. Throws ``StatisticsMergeError`` if their filters or groupings do not match.
    package func merged(with other: Statistics) throws(StatisticsMergeError) -> Statistics {
        try checkThatItCountsTheSame(other)
        let images = Self.merged(images, other.images)
        return Statistics(
            filter: filter,
            sums: sums + other.sums,
            reasons: Self.merged(reasons, other.reasons),
            failures: Self.merged(failures, other.failures),
            days: Self.merged(days, other.days),
            slowestImages: Self.slowest(images),
            costliestImages: Self.costliest(images),
            missReasons: Self.merged(missReasons, other.missReasons),
            images: images,
            grouping: try mergedGrouping(other),
            series: Self.merged(series, other.series),
            cache: CacheSize(
                entries: cache.entries + other.cache.entries,
                bytes: cache.bytes.addingUpToLargest(other.cache.bytes),
                limitBytes: cache.limitBytes
            ),
            hosts: hosts + other.hosts
        )
    }

    /// Throws unless both have the same filters. Times only have to be given in both or in neither, because `7d` ago is
    /// a different moment on each host. The sum keeps the times of `self`.
    private func checkThatItCountsTheSame(_ other: Statistics) throws(StatisticsMergeError) {
        let names = [
            ("--image", filter.image, other.filter.image), ("--pipeline", filter.pipeline, other.filter.pipeline),
            ("--branch", filter.branch, other.filter.branch),
        ]
        for (argument, own, others) in names where own != others {
            throw .countsSomethingElse(argument: argument, value: others)
        }
        let times = [("--since", filter.since, other.filter.since), ("--until", filter.until, other.filter.until)]
        for (argument, own, others) in times where (own == nil) != (others == nil) {
            throw .countsAnotherTime(argument: argument, isGiven: others != nil)
        }
    }

    private func mergedGrouping(_ other: Statistics) throws(StatisticsMergeError) -> Grouping? {
        guard let grouping else { return nil }
        guard let others = other.grouping, others.dimension == grouping.dimension else {
            throw .isGroupedOtherwise(by: grouping.dimension)
        }
        let groups = Self.merged(grouping.groups, others.groups)
        return Grouping(dimension: grouping.dimension, groups: Self.ordered(groups, by: grouping.dimension))
    }

    /// A name as bytes: the index distinguishes and sorts names that Swift treats as equal strings.
    private static func bytes(_ name: String?) -> [UInt8]? { name.map { Array($0.utf8) } }

    private static func precedes(_ left: String?, _ right: String?) -> Bool {
        (left ?? "").utf8.lexicographicallyPrecedes((right ?? "").utf8)
    }

    /// The merged groups, sorted by value as in the index.
    private static func merged(_ left: [EventGroup], _ right: [EventGroup]) -> [EventGroup] {
        var groups: [[UInt8]?: EventGroup] = [:]
        for group in left + right {
            groups[bytes(group.value), default: EventGroup(value: group.value, sums: EventSums())].sums += group.sums
        }
        return groups.values.sorted { precedes($0.value, $1.value) }
    }

    private static func merged(_ left: [ReasonCount], _ right: [ReasonCount]) -> [ReasonCount] {
        var counts: [[UInt8]?: ReasonCount] = [:]
        for count in left + right {
            counts[bytes(count.reason), default: ReasonCount(reason: count.reason, lookups: 0)].lookups += count.lookups
        }
        return counts.values.sorted {
            $0.lookups == $1.lookups ? precedes($0.reason, $1.reason) : $0.lookups > $1.lookups
        }
    }

    private static func merged(_ left: [DayReason], _ right: [DayReason]) -> [DayReason] {
        var counts: [[[UInt8]?]: DayReason] = [:]
        for count in left + right {
            let name = [bytes(count.day), bytes(count.reason)]
            let known = counts[name]?.lookups ?? 0
            counts[name] = DayReason(day: count.day, reason: count.reason, lookups: known + count.lookups)
        }
        return counts.values.sorted { left, right in
            guard left.day == right.day else { return precedes(left.day, right.day) }
            return left.lookups == right.lookups
                ? precedes(left.reason, right.reason) : left.lookups > right.lookups
        }
    }

    private static func merged(_ left: [EventSeries], _ right: [EventSeries]) -> [EventSeries] {
        var merged: [[[UInt8]?]: EventSeries] = [:]
        for series in left + right {
            let name = [bytes(series.image), bytes(series.pipeline), bytes(series.provider)]
            guard var known = merged[name] else {
                merged[name] = series
                continue
            }
            known.sums += series.sums
            known.reasons = Self.merged(known.reasons, series.reasons).sorted { precedes($0.reason, $1.reason) }
            merged[name] = known
        }
        return merged.values.sorted { left, right in
            let names = [(left.image, right.image), (left.pipeline, right.pipeline), (left.provider, right.provider)]
            guard let (first, second) = names.first(where: { bytes($0) ?? [] != bytes($1) ?? [] }) else { return false }
            return precedes(first, second)
        }
    }
}

/// Why the numbers of two hosts cannot be added.
package enum StatisticsMergeError: Error, Equatable, CustomStringConvertible {
    /// The other document counts only lookups with this value; nil if it counts all of them.
    case countsSomethingElse(argument: String, value: String?)
    case countsAnotherTime(argument: String, isGiven: Bool)
    case isGroupedOtherwise(by: EventDimension)
    /// It is not the output of `docker-cache stats --format json`.
    case notStatistics(reason: String)

    package var description: String {
        switch self {
        case .countsSomethingElse(let argument, let value?): "It was made with \(argument) \(value). Do so here too."
        case .countsSomethingElse(let argument, nil):
            "It was made without \(argument). Make it with the same \(argument)."
        case .countsAnotherTime(let argument, true): "It was made with \(argument). Do so here too."
        case .countsAnotherTime(let argument, false): "It was made without \(argument). Make it with \(argument)."
        case .isGroupedOtherwise(let dimension): "It was made without --by \(dimension.rawValue). Make it with that."
        case .notStatistics(let reason): "It is not what docker-cache stats --format json prints: \(reason)."
        }
    }
}
