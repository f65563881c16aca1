import FoundationEssentials
import Store

/// Reads the output of ``StatisticsJSON`` from another host.
package enum StatisticsDocument {
    /// Throws ``StatisticsMergeError/notStatistics(reason:)`` for anything else.
    package static func read(_ bytes: [UInt8]) throws(StatisticsMergeError) -> Statistics {
        do {
            return try JSONDecoder().decode(Document.self, from: Data(bytes)).statistics
        } catch let error as StatisticsMergeError {
            throw error
        } catch DecodingError.keyNotFound(let key, _) {
            throw .notStatistics(reason: "there is no \(key.stringValue)")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .notStatistics(
                reason: "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is none of it"
            )
        } catch {
            throw .notStatistics(reason: "it is not JSON")
        }
    }
}

private struct Document: Decodable {
    let statistics: Statistics

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Name.self)
        let version = try object.decode(Int.self, forKey: "version")
        guard version == StatisticsJSON.version else {
            throw StatisticsMergeError.notStatistics(
                reason: "its version is \(version), and this one reads \(StatisticsJSON.version)"
            )
        }
        let grouping = try object.decodeIfPresent(String.self, forKey: "by").flatMap(EventDimension.init)
        let groups = try grouping.map { dimension in
            Statistics.Grouping(
                dimension: dimension,
                groups: try Self.groups(object, "groups", named: dimension.rawValue)
            )
        }
        let slowest = try Self.groups(object, "slowest_images", named: "image")
        // Older output lacks these fields.
        let costliest =
            object.contains("costliest_images") ? try Self.groups(object, "costliest_images", named: "image") : []
        let named = slowest + costliest.filter { image in !slowest.contains { $0.value == image.value } }
        let cache = try object.nestedContainer(keyedBy: Name.self, forKey: "cache")
        statistics = Statistics(
            filter: EventFilter(
                since: try object.decodeIfPresent(Int64.self, forKey: "since"),
                until: try object.decodeIfPresent(Int64.self, forKey: "until"),
                image: try object.decodeIfPresent(String.self, forKey: "image"),
                pipeline: try object.decodeIfPresent(String.self, forKey: "pipeline"),
                branch: try object.decodeIfPresent(String.self, forKey: "branch")
            ),
            sums: try Self.sums(object.nestedContainer(keyedBy: Name.self, forKey: "totals")),
            reasons: try Self.counts(object, "reasons", named: "reason"),
            failures: try Self.counts(object, "failed", named: "failure"),
            days: try Self.groups(object, "days", named: "day"),
            slowestImages: slowest,
            costliestImages: costliest,
            missReasons: object.contains("miss_reasons") ? try Self.missReasons(object) : [],
            // Without groups for every image, only the named images are known.
            images: groups?.dimension == .image ? groups?.groups ?? named : named,
            grouping: groups,
            cache: Statistics.CacheSize(
                entries: try Self.number(cache, "entries"),
                bytes: try Self.number(cache, "bytes", largest: .max)
            ),
            // Older output lacks this field, and covers one host.
            hosts: object.contains("hosts") ? try Self.number(object, "hosts") : 1
        )
    }

    private typealias Container = KeyedDecodingContainer<Name>

    private static func groups(_ object: Container, _ list: Name, named name: String) throws -> [EventGroup] {
        try elements(object, list) { element in
            EventGroup(
                value: try element.decodeIfPresent(String.self, forKey: Name(stringLiteral: name)),
                sums: try sums(element)
            )
        }
    }

    private static func counts(_ object: Container, _ list: Name, named name: Name) throws -> [ReasonCount] {
        try elements(object, list) { element in
            ReasonCount(
                reason: try element.decode(String.self, forKey: name),
                lookups: try number(element, "lookups")
            )
        }
    }

    private static func missReasons(_ object: Container) throws -> [DayReason] {
        try elements(object, "miss_reasons") { element in
            DayReason(
                day: try element.decode(String.self, forKey: "day"),
                reason: try element.decode(String.self, forKey: "reason"),
                lookups: try number(element, "lookups")
            )
        }
    }

    private static func elements<Element>(
        _ object: Container,
        _ list: Name,
        read: (Container) throws -> Element
    ) throws -> [Element] {
        var list = try object.nestedUnkeyedContainer(forKey: list)
        var elements: [Element] = []
        while !list.isAtEnd { elements.append(try read(list.nestedContainer(keyedBy: Name.self))) }
        return elements
    }

    /// The largest count or time that is accepted, so that the sums of many hosts do not overflow. In milliseconds, it
    /// is 35,000 years. Bytes may be more, because a fleet reaches petabytes. Their sums end at the largest number.
    private static let largest: Int64 = 1 << 50

    private static func number(_ object: Container, _ name: Name, largest: Int64 = largest) throws -> Int64 {
        let number = try object.decode(Int64.self, forKey: name)
        guard (0...largest).contains(number) else {
            throw StatisticsMergeError.notStatistics(reason: "\(name.stringValue) is \(number)")
        }
        return number
    }

    private static func sums(_ object: Container) throws -> EventSums {
        func number(_ name: Name) throws -> Int64 { try Self.number(object, name) }
        return EventSums(
            totals: EventTotals(
                [
                    .localHit: try number("local_hits"), .registryHit: try number("registry_hits"),
                    .miss: try number("misses"), .expired: try number("expired"), .bypassed: try number("bypassed"),
                ],
                failures: try number("failures")
            ),
            waited: try number("waited"),
            builds: try number("builds"),
            buildMilliseconds: try number("build_milliseconds"),
            slowestBuildMilliseconds: try number("slowest_build_milliseconds"),
            savedMilliseconds: try number("saved_milliseconds"),
            bytesNotPulled: try Self.number(object, "bytes_not_pulled", largest: .max),
            bytesNotBuilt: try Self.number(object, "bytes_not_built", largest: .max)
        )
    }

    private struct Name: CodingKey, ExpressibleByStringLiteral {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringLiteral name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
