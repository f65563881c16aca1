import Store

/// The last line of a lookup, which says it all.
enum LookupSummary {
    /// Such as `docker-cache: local hit · 0.06 s · saved about 3 min 12 s · app: 87 % of 214 lookups hit in 7 days`.
    ///
    /// - Parameters:
    ///   - counted: what the totals are of, such as the pipeline
    ///   - totalMilliseconds: how long the lookup took
    ///   - totals: of the last seven days, or nil without an index
    static func line(
        _ result: LookupResult,
        counted: String,
        totalMilliseconds: Int64,
        totals: EventTotals?
    ) -> String {
        var parts = [outcome(result), duration(totalMilliseconds)]
        if result.isHit, let build = result.buildMilliseconds, build > totalMilliseconds {
            parts.append("saved about \(duration(build - totalMilliseconds))")
        }
        if let totals, totals.lookups > 0, let rate = totals.hitRate {
            let noun = totals.lookups == 1 ? "lookup" : "lookups"
            parts.append("\(counted): \(percent(rate)) of \(totals.lookups) \(noun) hit in 7 days")
        }
        return "docker-cache: " + parts.joined(separator: " · ")
    }

    private static func outcome(_ result: LookupResult) -> String {
        let words = String(result.outcome.rawValue.map { $0 == "-" ? " " : $0 })
        return result.reason.map { "\(words) (\($0.rawValue))" } ?? words
    }

    /// A share as whole percents.
    static func percent(_ share: Double) -> String {
        "\(Int((share * 100).rounded())) %"
    }

    /// A time for people: hundredths below ten seconds, tenths below a minute, minutes above.
    static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<10_000:
            let hundredths = (milliseconds + 5) / 10
            return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
        case ..<60_000:
            return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        case ..<3_600_000:
            return "\(milliseconds / 60_000) min \(milliseconds % 60_000 / 1000) s"
        default:
            return "\(milliseconds / 3_600_000) h \(milliseconds % 3_600_000 / 60_000) min"
        }
    }
}
