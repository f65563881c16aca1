import Formatting
package import Store

/// A number that summarizes lookups. All formats take names, descriptions and values from ``all``.
package struct Counter: Sendable {
    package enum Unit: Sendable {
        case lookups
        case milliseconds
        case bytes
    }

    /// The name in JSON and CSV.
    package let name: String
    /// The name in Prometheus' text format, where times are in seconds.
    package let metric: String
    /// The user-facing name.
    package let title: String
    /// Whether it is a part of the counter before it.
    package let isPart: Bool
    package let unit: Unit
    /// What it counts, in one sentence.
    package let help: String
    package let value: @Sendable (EventSums) -> Int64

    private init(
        _ name: String,
        metric: String,
        _ title: String,
        isPart: Bool = false,
        in unit: Unit = .lookups,
        _ help: String,
        value: @escaping @Sendable (EventSums) -> Int64
    ) {
        self.name = name
        self.metric = "docker_cache_\(metric)_total"
        self.title = title
        self.isPart = isPart
        self.unit = unit
        self.help = help
        self.value = value
    }

    /// The value, formatted for users.
    package func text(_ sums: EventSums) -> String {
        switch unit {
        case .lookups: "\(value(sums))"
        case .milliseconds: Quantity.duration(value(sums))
        case .bytes: Quantity.bytes(value(sums))
        }
    }

    /// Every counter, in the order in which they are shown.
    package static let all: [Counter] = [
        Counter("lookups", metric: "lookups", "Lookups", "Lookups, however they ended.") { $0.totals.lookups },
        Counter("hits", metric: "hits", "Hits", "Lookups that found their image.") { $0.totals.hits },
        Counter("local_hits", metric: "local_hits", "Local", isPart: true, "Lookups whose image was on the agent.") {
            $0.totals[.localHit]
        },
        Counter(
            "registry_hits",
            metric: "registry_hits",
            "Registry",
            isPart: true,
            "Lookups whose image was in the registry."
        ) { $0.totals[.registryHit] },
        Counter("misses", metric: "misses", "Misses", "Lookups that did not find their image.") { $0.totals[.miss] },
        Counter("expired", metric: "expired", "Expired", "Lookups that found an image that was too old.") {
            $0.totals[.expired]
        },
        Counter("bypassed", metric: "bypassed", "Bypassed", "Lookups that skipped the cache.") {
            $0.totals[.bypassed]
        },
        Counter("failures", metric: "failures", "Failed", "Lookups that ended with an error, with any outcome.") {
            $0.totals.failures
        },
        Counter("waited", metric: "waited", "Waited", "Hits that waited for another process on this host.") {
            $0.waited
        },
        Counter("builds", metric: "builds", "Builds", "Builds that succeeded.") { $0.builds },
        Counter(
            "build_milliseconds",
            metric: "build_seconds",
            "Time built",
            in: .milliseconds,
            "Time that successful builds took."
        ) { $0.buildMilliseconds },
        Counter(
            "saved_milliseconds",
            metric: "saved_seconds",
            "Time saved",
            in: .milliseconds,
            "Time that hits saved by not building."
        ) { $0.savedMilliseconds },
        Counter(
            "bytes_not_pulled",
            metric: "not_pulled_bytes",
            "Not pulled",
            in: .bytes,
            "Sizes of images that were on the agent already."
        ) { $0.bytesNotPulled },
        Counter(
            "bytes_not_built",
            metric: "not_built_bytes",
            "Not built",
            in: .bytes,
            "Sizes of the images of all hits."
        ) { $0.bytesNotBuilt },
    ]
}
