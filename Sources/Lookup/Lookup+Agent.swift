import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Inputs
import PluginConfiguration
import Store

/// Takes the finished image from this agent, as the index promises it.
extension Lookup {
    /// The state of a key in one place, as far as this agent knows it.
    struct View {
        let source: LookupSource
        let entry: Entry?
        let next: LookupDecision

        /// The image, if it is on this agent.
        var result: LookupResult? { if case .decided(.take(let result)) = next { result } else { nil } }
    }

    /// Looks on this agent for the image of each place in turn, and stops at the first one found.
    ///
    /// - Parameter earlier: the views of an earlier call; a place with the same entry is not searched again
    func lookOnAgent(_ computed: ComputedKey, since earlier: [View]) async throws -> [View] {
        var views: [View] = []
        for (position, source) in sources.enumerated() {
            let entry = findEntry(computed.key, source.place)
            if earlier.indices.contains(position), earlier[position].entry == entry {
                views.append(earlier[position])
                continue
            }
            views.append(View(source: source, entry: entry, next: try await lookOnAgent(computed, entry, source.place)))
            if views.last?.result != nil { return views }
        }
        return views
    }

    /// The index entry for a key. An isolated build also sees the entries of other builds, and takes the newest image.
    func findEntry(_ key: Key, _ place: CachePlace) -> Entry? {
        let own = cache.writtenScope(place)
        let scopes = own == place.scope ? [own] : [place.scope, own]
        let entries = index.attempt { index in
            try scopes.compactMap { try index.entries.find(key: key.description, scope: $0) }
        }
        // Of two equally old entries, takes the last one: the build's own, which was saved later.
        return entries?.max { $0.builtAt <= $1.builtAt }
    }

    /// Takes the image if the index promises it and it exists there. Otherwise returns the next step.
    private func lookOnAgent(
        _ computed: ComputedKey,
        _ entry: Entry?,
        _ place: CachePlace
    ) async throws -> LookupDecision {
        let key = computed.key
        let mayTake = cache.policy.restores && cache.policy.strategy.takesFinishedImage
        let first = LookupDecision.first(
            entry: entry,
            isVerified: !mayTake || entry.map { isVerified($0, computed, place) } ?? true,
            hasIndex: index.isAvailable,
            policy: cache.policy,
            now: surroundings.now()
        )
        var next = first
        switch first {
        case .verify(let entry):
            let answer = try await takeFromDaemon(entry, key, place)
            next = LookupDecision.next(afterAgent: answer, promised: entry, policy: cache.policy)
        case .trust(let entry):
            next = trust(entry, key, place)
        case .pull, .askRegistry, .decided: break
        }
        trace.reason = next.reason
        return next
    }

    /// Takes the promised image from the daemon. Another process may be removing it, so the hit is valid only if the
    /// entry still promised the image when its use was recorded.
    private func takeFromDaemon(_ entry: Entry, _ key: Key, _ place: CachePlace) async throws -> Answer {
        guard let id = entry.localImageID else { return .absent(.imageGone) }
        do {
            let found = try await trace.measure(.lookup) { try await daemon.inspectImage(id) }
            guard let image = found, LookupDecision.isPromised(image, by: entry),
                recordUse(entry, localImageID: image.id), let name = try await nameOfPromised(image, key, place)
            else { return .absent(.imageGone) }
            return .found(
                hit(
                    entry,
                    key,
                    .agent,
                    image: name,
                    imageID: image.id,
                    imageBytes: image.size,
                    localNames: image.names
                )
            )
        } catch let error as DockerError {
            try noteSilence(error, "Continuing without the image that the index knows.")
            return .absent(.daemonSilent)
        }
    }

    /// Takes the image in the registry without pulling it.
    private func trust(_ entry: Entry, _ key: Key, _ place: CachePlace) -> LookupDecision {
        guard let cacheImage = entry.cacheImage.flatMap(ImageReference.init) else { return .build(.imageGone) }
        _ = recordUse(entry, localImageID: nil)
        var result = hit(
            entry,
            key,
            .registry,
            image: cacheImage,
            imageID: entry.localImageID,
            imageBytes: entry.sizeBytes
        )
        if policy(at: place) != nil { result.pinned = entry.registryDigest }
        return .take(result)
    }

    private func hit(
        _ entry: Entry,
        _ key: Key,
        _ origin: LookupResult.Origin,
        image: ImageReference,
        imageID: String?,
        imageBytes: Int64?,
        localNames: [String] = []
    ) -> LookupResult {
        LookupResult(
            origin: origin,
            key: key,
            image: image,
            digest: entry.registryDigest,
            imageID: imageID,
            imageBytes: imageBytes,
            buildMilliseconds: entry.buildMilliseconds,
            localNames: localNames,
            registered: .promised(entry.registryDigest.flatMap(Digest.init))
        )
    }

    /// Records a use of the entry. Returns whether the entry still existed with that image. If the index fails now or
    /// is read-only, the entry that was just read is trusted.
    private func recordUse(_ entry: Entry, localImageID: String?) -> Bool {
        index.attempt {
            try $0.entries.recordUse(
                key: entry.key,
                scope: entry.scope,
                localImageID: localImageID,
                now: surroundings.now()
            )
        } ?? true
    }
}

extension LookupResult {
    /// A copy that records whether an untrusted build took the image from the trusted place.
    ///
    /// - Parameter trusted: the source of trusted builds; nil if this is one
    func from(_ source: LookupSource, _ trusted: LookupSource?) -> LookupResult {
        var result = self
        result.isOfTrustedBuild = trusted != nil && !source.place.isUntrusted
        return result
    }
}
