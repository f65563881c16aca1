import PluginConfiguration
import Docker
import Fingerprint
import Images
import Store

/// What to do next in a lookup. Pure: everything it depends on is handed in.
enum LookupDecision: Equatable {
    /// Take what the index promises, if the daemon has exactly that.
    case verify(Entry)
    /// Take the image in the registry, on the word of the index.
    case trust(Entry)
    /// Pull what the index promises, without asking the registry first.
    case pull(Entry)
    /// Ask the registry, and build if it has nothing. The reason is the one to give if it comes to that.
    case askRegistry(Reason)
    /// Build, without asking anyone.
    case build(Outcome, Reason)

    /// Decides by what the index has.
    ///
    /// - Parameters:
    ///   - entry: the entry of the key, if there is one
    ///   - hasIndex: whether there is an index at all
    ///   - now: in milliseconds since 1970
    package static func first(entry: Entry?, hasIndex: Bool, policy: LookupPolicy, now: Int64) -> LookupDecision {
        guard policy.restores else { return .build(.bypassed, .restoreDisabled) }
        guard policy.strategy.takesFinishedImage else { return .build(.bypassed, .strategyBuild) }
        guard let entry else {
            let reason = hasIndex ? Reason.newKey : .indexUnavailable
            return policy.asksRegistry ? .askRegistry(reason) : .build(.miss, reason)
        }
        // Whatever the registry has: it cannot be younger than what this agent saw, and if another agent has renewed
        // it since, building once more is safe.
        if ImageAge.isExpired(builtAt: entry.builtAt, maximum: policy.maximumAge, now: now) {
            return .build(.expired, .maximumAge)
        }
        guard policy.skipsPull else { return .verify(entry) }
        if policy.asksRegistry { return .askRegistry(.imageGone) }
        return isInRegistry(entry) ? .trust(entry) : .build(.miss, .imageGone)
    }

    /// Decides when the daemon does not have what the index promises.
    static func withoutLocalImage(_ entry: Entry, policy: LookupPolicy) -> LookupDecision {
        if policy.asksRegistry { return .askRegistry(.imageGone) }
        return isInRegistry(entry) ? .pull(entry) : .build(.miss, .imageGone)
    }

    private static func isInRegistry(_ entry: Entry) -> Bool {
        entry.cacheImage != nil && entry.registryDigest != nil
    }

    /// Whether the daemon's image is the one that the entry promises.
    static func isPromised(_ image: ImageDetails?, by entry: Entry) -> Bool {
        guard let image, let promised = entry.localImageID else { return false }
        return image.id == promised
    }

    /// What an image from the registry turned out to be.
    package enum Judgement: Equatable {
        /// It is what was asked for. The time it was built, in milliseconds since 1970, is nil if it does not say.
        case hit(builtAt: Int64?)
        case expired
        /// It says itself that it was built for another key, or that it is another image.
        case wrongImage
    }

    /// Judges an image of the registry by what it says of itself.
    ///
    /// Key and image are both asked for: with a `cache-key` of the user's own, two images can come to the same key, and
    /// they can share a repository.
    package static func judge(
        _ description: some ImageDescription,
        image: RepositoryName,
        key: Key,
        _ maximumAge: Int64?,
        _ now: Int64
    ) -> Judgement {
        if let label = description.labels[ImageAge.keyLabel], label != key.description { return .wrongImage }
        if let label = description.labels[ImageAge.imageLabel], label != image.description { return .wrongImage }
        let builtAt = ImageAge.builtAt(description)
        if let builtAt, ImageAge.isExpired(builtAt: builtAt, maximum: maximumAge, now: now) { return .expired }
        if builtAt == nil, maximumAge == 0 { return .expired }
        return .hit(builtAt: builtAt)
    }
}
