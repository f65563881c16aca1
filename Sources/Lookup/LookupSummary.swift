import Formatting
import Statistics
package import Store

/// The last line of a lookup, which says it all.
package enum LookupSummary {
    /// Such as `docker-cache: local hit · 0.06 s · saved about 3 min 12 s · app: 87 % of 214 lookups hit in 7 days`.
    ///
    /// - Parameters:
    ///   - counted: what the totals are of, such as the pipeline
    ///   - totalMilliseconds: how long the lookup took
    ///   - totals: of the last seven days, or nil without an index
    package static func line(
        _ result: LookupResult,
        counted: String,
        totalMilliseconds: Int64,
        totals: EventTotals?
    ) -> String {
        var parts = [outcome(result), Quantity.duration(totalMilliseconds)]
        if result.isHit, let build = result.buildMilliseconds, build > totalMilliseconds {
            parts.append("saved about \(Quantity.duration(build - totalMilliseconds))")
        }
        if let totals, let rate = totals.hitRate {
            let asked = Quantity.count(totals.asked, "lookup")
            parts.append("\(counted): \(Quantity.percent(rate)) of \(asked) hit in 7 days")
        }
        return "docker-cache: " + parts.joined(separator: " · ")
    }

    private static func outcome(_ result: LookupResult) -> String {
        let words = result.outcome.words
        return result.reason.map { "\(words) (\($0.rawValue))" } ?? words
    }
}
