/// What the options say of where an image may come from.
package struct LookupPolicy: Equatable {
    package var restores = true
    package var strategy = CacheConfiguration.Strategy.hybrid
    /// The image need not be on the agent: that the registry has it is enough.
    package var skipsPull = false
    /// Whether the registry is asked at all; otherwise the index alone decides.
    package var asksRegistry = true
    /// In milliseconds; nil for no limit.
    package var maximumAge: Int64?

    /// Whether a lookup for which the index knows nothing asks the registry.
    package var mayAskRegistry: Bool { restores && strategy.takesFinishedImage && asksRegistry }
}
