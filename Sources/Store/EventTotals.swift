/// How many lookups ended how.
package struct EventTotals: Equatable, Sendable {
    package var localHits: Int64
    package var registryHits: Int64
    package var misses: Int64
    package var expired: Int64
    package var bypassed: Int64
    /// Lookups with a failure, whatever their outcome.
    package var failures: Int64

    package init(
        localHits: Int64 = 0,
        registryHits: Int64 = 0,
        misses: Int64 = 0,
        expired: Int64 = 0,
        bypassed: Int64 = 0,
        failures: Int64 = 0
    ) {
        self.localHits = localHits
        self.registryHits = registryHits
        self.misses = misses
        self.expired = expired
        self.bypassed = bypassed
        self.failures = failures
    }

    /// All lookups.
    package var lookups: Int64 {
        hits + misses + expired + bypassed
    }

    /// Lookups that found their image.
    package var hits: Int64 {
        localHits + registryHits
    }

    /// Lookups that were to find their image. A bypassed one was not.
    package var asked: Int64 { lookups - bypassed }

    /// The share of hits among the lookups that asked, 0 to 1; nil if none did.
    package var hitRate: Double? {
        return asked > 0 ? Double(hits) / Double(asked) : nil
    }
}

extension EventTotals {
    /// How many lookups ended with `outcome`.
    package subscript(outcome: Outcome) -> Int64 {
        get {
            switch outcome {
            case .localHit: localHits
            case .registryHit: registryHits
            case .miss: misses
            case .expired: expired
            case .bypassed: bypassed
            }
        }
        set {
            switch outcome {
            case .localHit: localHits = newValue
            case .registryHit: registryHits = newValue
            case .miss: misses = newValue
            case .expired: expired = newValue
            case .bypassed: bypassed = newValue
            }
        }
    }
}
