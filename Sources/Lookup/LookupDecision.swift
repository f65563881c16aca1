import Docker
package import Fingerprint
package import Images
package import PluginConfiguration
package import Store

/// What a lookup does next. Pure: everything it depends on is handed in.
package enum LookupDecision: Equatable {
    /// Take what the index promises, if the daemon has exactly that.
    case verify(Entry)
    /// Take the image in the registry, on the word of the index.
    case trust(Entry)
    /// Pull what the index promises, without asking the registry first.
    case pull(Entry)
    /// Ask the registry, and build if it has nothing. The reason is the one to give in that case.
    case askRegistry(Reason)
    /// Nothing is left to ask.
    case decided(Verdict)

    /// How the looking ends.
    package enum Verdict: Equatable {
        /// It is there.
        case take(LookupResult)
        case build(BuildCause)
    }

    static func take(_ result: LookupResult) -> LookupDecision { .decided(.take(result)) }

    package static func build(_ reason: Reason) -> LookupDecision { .decided(.build(BuildCause(reason))) }

    /// Why the lookup is no hit so far; nil if it is one, or may be.
    package var reason: Reason? {
        switch self {
        case .verify, .trust, .decided(.take): nil
        case .pull: .imageGone
        case .askRegistry(let reason): reason
        case .decided(.build(let cause)): cause.reason
        }
    }

    /// Whether another process may do, or have done, the same work. Who builds without asking has nothing to gain from
    /// what another builds.
    var mayShareWork: Bool { reason?.outcome != .bypassed }

    // MARK: What comes next

    /// Decides by what the index has.
    ///
    /// - Parameters:
    ///   - entry: the entry of the key, if there is one
    ///   - isVerified: whether the entry has a signature that counts, where that is asked for
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
        // Whatever the registry has: it cannot be younger than what this agent saw, and if another agent has renewed
        // it since, building once more is safe.
        if ImageAge.isTooOld(builtAt: entry.builtAt, maximum: policy.maximumAge, now: now) {
            return .build(.maximumAge)
        }
        guard policy.skipsPull else { return .verify(entry) }
        if policy.asksRegistry { return .askRegistry(.imageGone) }
        return isInRegistry(entry) ? .trust(entry) : .build(.imageGone)
    }

    /// Decides when the daemon was asked for what `entry` promises.
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

    /// Decides when the registry was asked.
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

    /// Why an image is built that neither of two places has: the place of trusted builds, which was asked first, and
    /// the build's own.
    ///
    /// An image that has expired in either must not come back from cached layers. Else it counts what happened to
    /// asking the trusted place, where that was no plain "it is not there".
    package static func cause(trusted: BuildCause, own: BuildCause) -> BuildCause {
        let plain: [Reason] = [.newKey, .imageGone, .indexUnavailable]
        let isOwn = own.reason == .maximumAge || trusted.reason != .maximumAge && plain.contains(trusted.reason)
        return BuildCause(
            isOwn ? own.reason : trusted.reason,
            registry: own.registry,
            trustedRegistry: trusted.registry
        )
    }

    private static func isInRegistry(_ entry: Entry) -> Bool {
        entry.cacheImage.flatMap { ImageReference($0) } != nil && entry.registryDigest.flatMap { Digest($0) } != nil
    }

    // MARK: What an image is worth

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
    /// Key and image are both asked for: with a `cache-key` of the user's own, two images can have the same key, and
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
        if let builtAt, ImageAge.isTooOld(builtAt: builtAt, maximum: maximumAge, now: now) { return .expired }
        if builtAt == nil, maximumAge == 0 { return .expired }
        return .hit(builtAt: builtAt)
    }
}

/// What came of looking for an image in one place.
package enum Answer: Equatable {
    case found(LookupResult)
    /// It was asked, and has nothing that may be taken.
    case absent(Reason)
    /// It does not let us in.
    ///
    /// - Parameter hasExpired: whether it had said before that the image is there and too old
    case refused(hasExpired: Bool)
    /// It could not be asked; as for ``refused(hasExpired:)``.
    case silent(hasExpired: Bool)
}

/// Why an image is built, and what that means for the build.
package struct BuildCause: Equatable {
    /// What the registry did when it was last asked.
    package enum RegistryState: Equatable {
        /// It answered, or was not asked yet.
        case available
        case refuses
        case silent
    }

    package let reason: Reason
    package let registry: RegistryState
    /// The same of the registry of trusted builds, where this is not one.
    package let trustedRegistry: RegistryState

    package init(
        _ reason: Reason,
        registry: RegistryState = .available,
        trustedRegistry: RegistryState = .available
    ) {
        self.reason = reason
        self.registry = registry
        self.trustedRegistry = trustedRegistry
    }

    /// Whether another agent may have saved the image since the registry was asked, and this one would take it.
    package func mayHaveBeenSavedMeanwhile(_ policy: LookupPolicy) -> Bool {
        registry == .available && [.newKey, .imageGone, .indexUnavailable, .unverified].contains(reason)
            && policy.mayAskRegistry && policy.maximumAge != 0
    }

    /// Whether nothing that is there already may go into the image: neither layers nor base images.
    ///
    /// - Parameter maximumAge: in milliseconds; with 0, no image is ever young enough
    package func startsAnew(maximumAge: Int64?) -> Bool { reason == .maximumAge || maximumAge == 0 }
}
