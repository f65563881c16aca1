import FoundationEssentials
import Store

/// Statistics as JSON, for programs. docs/stats.md describes the format. A change of meaning there changes ``version``.
struct StatisticsJSON: Encodable {
    static let version = 1

    let statistics: Statistics

    init(_ statistics: Statistics) {
        self.statistics = statistics
    }

    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Name.self)
        try object.encode(Self.version, forKey: "version")
        try object.encode(statistics.filter.since, forKey: "since")
        try object.encode(statistics.filter.until, forKey: "until")
        try object.encode(statistics.filter.image, forKey: "image")
        try object.encode(statistics.filter.pipeline, forKey: "pipeline")
        try object.encode(statistics.filter.branch, forKey: "branch")
        try object.encode(Sums(statistics.sums), forKey: "totals")
        try object.encode(statistics.reasons.map { Count(name: "reason", count: $0) }, forKey: "reasons")
        try object.encode(statistics.failures.map { Count(name: "failure", count: $0) }, forKey: "failed")
        try object.encode(statistics.days.map { Group(name: "day", group: $0) }, forKey: "days")
        try object.encode(statistics.slowestImages.map { Group(name: "image", group: $0) }, forKey: "slowest_images")
        try object.encode(
            statistics.costliestImages.map { Group(name: "image", group: $0) },
            forKey: "costliest_images"
        )
        try object.encode(statistics.grouping?.dimension.rawValue, forKey: "by")
        try object.encode(
            statistics.grouping.map { grouping in
                grouping.groups.map { Group(name: grouping.dimension.rawValue, group: $0) }
            },
            forKey: "groups"
        )
        try object.encode(Cache(statistics.cache), forKey: "cache")
        try object.encode(statistics.missReasons.map(DayCount.init), forKey: "miss_reasons")
        try object.encode(statistics.hosts, forKey: "hosts")
    }

    /// A field's name, from ``Counter/all`` or as a literal.
    private struct Name: CodingKey, ExpressibleByStringLiteral {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init(stringLiteral name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Sums: Encodable {
        let sums: EventSums

        init(_ sums: EventSums) { self.sums = sums }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Name.self)
            for counter in Counter.all { try object.encode(counter.value(sums), forKey: Name(counter.name)) }
            try object.encode(sums.totals.hitRate, forKey: "hit_rate")
            try object.encode(sums.averageBuildMilliseconds, forKey: "average_build_milliseconds")
            try object.encode(sums.slowestBuildMilliseconds, forKey: "slowest_build_milliseconds")
        }
    }

    private struct Group: Encodable {
        let name: String
        let group: EventGroup

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Name.self)
            try object.encode(group.value, forKey: Name(name))
            try Sums(group.sums).encode(to: encoder)
        }
    }

    private struct Count: Encodable {
        let name: String
        let count: ReasonCount

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Name.self)
            try object.encode(count.reason, forKey: Name(name))
            try object.encode(count.lookups, forKey: "lookups")
        }
    }

    private struct DayCount: Encodable {
        let day: String
        let reason: String
        let lookups: Int64

        init(_ reason: DayReason) {
            day = reason.day
            self.reason = reason.reason
            lookups = reason.lookups
        }
    }

    private struct Cache: Encodable {
        let size: Statistics.CacheSize

        init(_ size: Statistics.CacheSize) { self.size = size }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Name.self)
            try object.encode(size.entries, forKey: "entries")
            try object.encode(size.bytes, forKey: "bytes")
            try object.encode(size.limitBytes, forKey: "limit_bytes")
        }
    }
}
