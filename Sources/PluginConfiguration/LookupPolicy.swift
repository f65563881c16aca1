/// Where an image may come from, according to the options.
package struct LookupPolicy: Equatable {
    package var restores = true
    package var strategy = CacheConfiguration.Strategy.hybrid
    /// Whether the image need not be on the agent if the registry has it.
    package var skipsPull = false
    /// Whether the registry is queried; if not, the index alone decides.
    package var asksRegistry = true
    /// In milliseconds; nil for no limit.
    package var maximumAge: Int64?

    /// Whether a lookup queries the registry if the index does not know the image.
    package var mayAskRegistry: Bool { restores && strategy.takesFinishedImage && asksRegistry }
}
