import Docker
import Store

/// What to do next in a lookup. Pure: everything it depends on is handed in.
enum LookupDecision: Equatable {
    /// Take what the index promises, if the daemon has exactly that.
    case verify(Entry)
    /// Ask the registry, and build if it has nothing. The reason is the one to give if it comes to that.
    case askRegistry(Reason)
    /// Build, without asking anyone.
    case build(Outcome, Reason)

    /// Decides by what the index has.
    ///
    /// - Parameters:
    ///   - entry: the entry of the key, if there is one
    ///   - hasIndex: whether there is an index at all
    ///   - maximumAge: in milliseconds; nil for no limit
    ///   - now: in milliseconds since 1970
    static func first(
        entry: Entry?,
        hasIndex: Bool,
        restores: Bool,
        strategy: CacheConfiguration.Strategy,
        maximumAge: Int64?,
        now: Int64
    ) -> LookupDecision {
        guard restores else { return .build(.bypassed, .restoreDisabled) }
        guard strategy.takesFinishedImage else { return .build(.bypassed, .strategyBuild) }
        guard let entry else { return .askRegistry(hasIndex ? .newKey : .indexUnavailable) }
        // Whatever the registry has: it cannot be younger than what this agent saw, and if another agent has renewed
        // it since, building once more is safe.
        if ImageAge.isExpired(builtAt: entry.builtAt, maximum: maximumAge, now: now) {
            return .build(.expired, .maximumAge)
        }
        return .verify(entry)
    }

    /// Whether the daemon's image is the one that the entry promises.
    static func isPromised(_ image: ImageDetails?, by entry: Entry) -> Bool {
        guard let image, let promised = entry.localImageID else { return false }
        return image.id == promised
    }

    /// What became of an image that was pulled from the registry.
    enum Pulled: Equatable {
        /// It is what was asked for. The time it was built, in milliseconds since 1970, is nil if it does not say.
        case hit(builtAt: Int64?)
        case expired
        /// It says itself that it was built for another key, or that it is another image.
        case wrongImage
    }

    /// Judges an image that was pulled for `key` of the image `name`.
    ///
    /// Both are asked for: with a `cache-key` of the user's own, two images can come to the same key, and they can
    /// share a repository.
    static func judge(pulled image: ImageDetails, name: String, key: String, maximumAge: Int64?, now: Int64) -> Pulled {
        if let label = image.labels[ImageAge.keyLabel], label != key { return .wrongImage }
        if let label = image.labels[ImageAge.imageLabel], label != name { return .wrongImage }
        let builtAt = ImageAge.builtAt(image)
        if let builtAt, ImageAge.isExpired(builtAt: builtAt, maximum: maximumAge, now: now) { return .expired }
        if builtAt == nil, maximumAge == 0 { return .expired }
        return .hit(builtAt: builtAt)
    }
}
