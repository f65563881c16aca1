import Docker
package import Fingerprint
package import Images
package import PluginConfiguration
package import Store

/// The next step of a lookup. Pure: all inputs are passed in.
package enum LookupDecision: Equatable {
    /// Take the image that the index promises, if the daemon has exactly that one.
    case verify(Entry)
    /// Take the image in the registry, because the index promises it.
    case trust(Entry)
    /// Pull the image that the index promises, without querying the registry first.
    case pull(Entry)
    /// Query the registry. If it does not have the image, build for this reason.
    case askRegistry(Reason)
    /// The search is finished.
    case decided(Verdict)

    /// The result of the search.
    package enum Verdict: Equatable {
        /// The image exists.
        case take(LookupResult)
        case build(BuildCause)
    }

    static func take(_ result: LookupResult) -> LookupDecision { .decided(.take(result)) }

    package static func build(_ reason: Reason) -> LookupDecision { .decided(.build(BuildCause(reason))) }

    /// The reason why the lookup is not a hit so far; nil if it is one, or may be.
    package var reason: Reason? {
        switch self {
        case .verify, .trust, .decided(.take): nil
        case .pull: .imageGone
        case .askRegistry(let reason): reason
        case .decided(.build(let cause)): cause.reason
        }
    }

    /// Whether another process may do, or have done, the same work. A bypassed lookup builds without a search, so it
    /// would not use the other process's image.
    var mayShareWork: Bool { reason?.outcome != .bypassed }

    // MARK: Next steps

    /// Decides based on the index entry.
    ///
    /// - Parameters:
    ///   - entry: the entry of the key, if there is one
    ///   - isVerified: whether the entry has a valid signature, if one is required
    ///   - hasIndex: whether there is an index at all
    ///   - now: in milliseconds since 1970
    package static func first(
        entry: Entry?,
        isVerified: Bool = true,
        hasIndex: Bool,
        policy: LookupPolicy,
        now: Int64
    ) -> LookupDecision {
        guard policy.restores else { return .build(.restoreDisabled) }
        guard policy.strategy.takesFinishedImage else { return .build(.strategyBuild) }
        guard let entry else {
            let reason = hasIndex ? Reason.newKey : .indexUnavailable
            return policy.asksRegistry ? .askRegistry(reason) : .build(reason)
        }
        guard isVerified else { return policy.asksRegistry ? .askRegistry(.unverified) : .build(.unverified) }
        // The registry is not queried: its image cannot be newer than the one this agent saw. If another agent has
        // renewed it since, building again is safe.
        if ImageAge.isTooOld(builtAt: entry.builtAt, maximum: policy.maximumAge, now: now) {
            return .build(.maximumAge)
        }
        guard policy.skipsPull else { return .verify(entry) }
        if policy.asksRegistry { return .askRegistry(.imageGone) }
        return isInRegistry(entry) ? .trust(entry) : .build(.imageGone)
    }

    /// Decides after the daemon was queried for the image that `entry` promises.
    package static func next(afterAgent answer: Answer, promised entry: Entry, policy: LookupPolicy) -> LookupDecision {
        var reason = Reason.imageGone
        switch answer {
        case .found(let result): return .take(result)
        case .absent(let why): reason = why
        case .refused, .silent: break
        }
        if policy.asksRegistry { return .askRegistry(reason) }
        return isInRegistry(entry) ? .pull(entry) : .build(reason)
    }

    /// Decides after the registry was queried.
    package static func verdict(afterRegistry answer: Answer) -> Verdict {
        switch answer {
        case .found(let result): .take(result)
        case .absent(let reason): .build(BuildCause(reason))
        case .refused(let hasExpired):
            .build(BuildCause(hasExpired ? .maximumAge : .registryRefused, registry: .refuses))
        case .silent(let hasExpired):
            .build(BuildCause(hasExpired ? .maximumAge : .registryUnreachable, registry: .silent))
        }
    }

    /// The cause of a build if neither of two places has the image: the trusted place, which was queried first, and the
    /// build's own.
    ///
    /// An image that has expired in either place must not be rebuilt from cached layers. Otherwise the reason is the
    /// trusted place's, unless that place simply does not have the image.
    package static func cause(trusted: BuildCause, own: BuildCause) -> BuildCause {
        let plain: [Reason] = [.newKey, .imageGone, .indexUnavailable]
        let isOwn = own.reason == .maximumAge || trusted.reason != .maximumAge && plain.contains(trusted.reason)
        return BuildCause(
            isOwn ? own.reason : trusted.reason,
            ownReason: own.reason,
            registry: own.registry,
            trustedRegistry: trusted.registry
        )
    }

    private static func isInRegistry(_ entry: Entry) -> Bool {
        entry.cacheImage.flatMap { ImageReference($0) } != nil && entry.registryDigest.flatMap { Digest($0) } != nil
    }

    // MARK: Judging images

    /// Whether the daemon's image is the one that the entry promises.
    static func isPromised(_ image: ImageDetails?, by entry: Entry) -> Bool {
        guard let image, let promised = entry.localImageID else { return false }
        return image.id == promised
    }

    /// The verdict on an image from the registry.
    package enum Judgement: Equatable {
        /// The wanted image. Its build time, in milliseconds since 1970, is nil if unknown.
        case hit(builtAt: Int64?)
        case expired
        /// Its labels name another key or another image.
        case wrongImage
    }

    /// Judges an image from the registry by its metadata.
    ///
    /// Both key and image name must match: with a user-defined `cache-key`, two images can have the same key, and they
    /// can share a repository.
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
        if let builtAt, ImageAge.isTooOld(builtAt: builtAt, maximum: maximumAge, now: now) { return .expired }
        if builtAt == nil, maximumAge == 0 { return .expired }
        return .hit(builtAt: builtAt)
    }
}

/// The result of looking for an image in one place.
package enum Answer: Equatable {
    case found(LookupResult)
    /// The place answered, and has no image that may be taken.
    case absent(Reason)
    /// The registry denied access.
    ///
    /// - Parameter hasExpired: whether it had shown before that the image exists and is too old
    case refused(hasExpired: Bool)
    /// The registry did not answer. `hasExpired` is as for ``refused(hasExpired:)``.
    case silent(hasExpired: Bool)
}

/// The reason for a build, and the state of the registries.
package struct BuildCause: Equatable {
    /// The registry's response to the last query.
    package enum RegistryState: Equatable {
        /// It answered, or was not queried yet.
        case available
        case refuses
        case silent
    }

    package let reason: Reason
    /// The reason in the place where this build saves. It differs from ``reason`` if that is the trusted place's.
    package let ownReason: Reason
    package let registry: RegistryState
    /// The state of the trusted registry, for an untrusted build.
    package let trustedRegistry: RegistryState

    package init(
        _ reason: Reason,
        ownReason: Reason? = nil,
        registry: RegistryState = .available,
        trustedRegistry: RegistryState = .available
    ) {
        self.reason = reason
        self.ownReason = ownReason ?? reason
        self.registry = registry
        self.trustedRegistry = trustedRegistry
    }

    /// The reasons after which many agents may build the same image at once.
    private static let reasonsToAskAgain: Set<Reason> = [
        .newKey, .imageGone, .indexUnavailable, .unverified, .maximumAge, .registryUnreachable, .daemonSilent,
    ]

    /// The same cause, after the registry has answered again.
    package var withRegistryBack: BuildCause {
        BuildCause(reason, ownReason: ownReason, registry: .available, trustedRegistry: trustedRegistry)
    }

    /// Whether another agent may have saved the image since the registry was queried, and this lookup would use it.
    package func mayHaveBeenSavedMeanwhile(_ policy: LookupPolicy) -> Bool {
        registry == .available && Self.reasonsToAskAgain.contains(ownReason)
            && policy.mayAskRegistry && policy.maximumAge != 0
    }

    /// Whether the build must not reuse existing layers or base images.
    ///
    /// - Parameter maximumAge: in milliseconds; with 0, no image is ever young enough
    package func startsAnew(maximumAge: Int64?) -> Bool { reason == .maximumAge || maximumAge == 0 }
}
