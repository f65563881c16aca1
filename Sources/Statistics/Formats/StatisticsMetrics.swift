import Store

/// Statistics in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
///
/// Every counter has one series for each image, pipeline and provider. Prometheus computes sums over them.
struct StatisticsMetrics {
    let statistics: Statistics

    init(_ statistics: Statistics) {
        self.statistics = statistics
    }

    var text: String {
        var text = ""
        for counter in Counter.all {
            text += Self.head(counter.metric, "counter", counter.help)
            for series in statistics.series {
                text += "\(counter.metric)\(Self.labels(of: series)) \(Self.value(counter, series.sums))\n"
            }
        }
        let reasons = "docker_cache_reasons_total"
        text += Self.head(reasons, "counter", "Lookups that were no hit, by the reason.")
        for series in statistics.series {
            for count in series.reasons {
                text += "\(reasons)\(Self.labels(of: series, ("reason", count.reason))) \(count.lookups)\n"
            }
        }
        text += Self.gauge("docker_cache_entries", "Images that the index promises.", statistics.cache.entries)
        text += Self.gauge("docker_cache_size_bytes", "Sizes of these images.", statistics.cache.bytes)
        if let limit = statistics.cache.limitBytes {
            text += Self.gauge("docker_cache_limit_bytes", "How big they may become together.", limit)
        }
        return text
    }

    private static func head(_ name: String, _ type: String, _ help: String) -> String {
        "# HELP \(name) \(escapedHelp(help))\n# TYPE \(name) \(type)\n"
    }

    private static func gauge(_ name: String, _ help: String, _ value: Int64) -> String {
        head(name, "gauge", help) + "\(name) \(value)\n"
    }

    private static func labels(of series: EventSeries, _ more: (name: String, value: String)...) -> String {
        let own = [("image", series.image), ("pipeline", series.pipeline ?? ""), ("provider", series.provider)]
        let pairs = (own + more).map { "\($0.0)=\"\(escaped($0.1))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// The exact value. Times are in seconds.
    private static func value(_ counter: Counter, _ sums: EventSums) -> String {
        let value = counter.value(sums)
        switch counter.unit {
        case .lookups, .bytes: return "\(value)"
        case .milliseconds:
            // Only a damaged index has negative values. Whole seconds are exact enough for them.
            guard value >= 0 else { return "\(value / 1000)" }
            let fraction = String(value % 1000)
            return "\(value / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        }
    }

    /// Escapes backslash, quotation mark and line feed in a label's value.
    static func escaped(_ value: String) -> String {
        escapedHelp(value, quotationMark: "\\\"")
    }

    /// Escapes backslash and line feed in a help text.
    private static func escapedHelp(_ text: String, quotationMark: String = "\"") -> String {
        var result = ""
        // Scalars, because Swift treats a carriage return and a line feed as one character.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"": result += quotationMark
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
