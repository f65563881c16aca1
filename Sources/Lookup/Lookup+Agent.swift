import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Inputs
import PluginConfiguration
import Store

/// Taking the finished image from this agent, as the index promises it.
extension Lookup {
    /// What one place has for a key, as far as this agent knows.
    struct View {
        let source: LookupSource
        let entry: Entry?
        let next: LookupDecision

        /// The image, if it is on this agent.
        var result: LookupResult? { if case .decided(.take(let result)) = next { result } else { nil } }
    }

    /// Looks on this agent for the image of each place in turn, and ends with the first that has it.
    ///
    /// - Parameter earlier: what was seen before; a place whose entry is the same is not looked at again
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

    /// What the index has for a key. A build that saves apart from the others still sees what they saved, and takes
    /// the younger image.
    func findEntry(_ key: Key, _ place: CachePlace) -> Entry? {
        let own = cache.writtenScope(place)
        let scopes = own == place.scope ? [own] : [place.scope, own]
        let entries = index.attempt { index in
            try scopes.compactMap { try index.entries.find(key: key.description, scope: $0) }
        }
        // Of two that are as old, the last: the build's own is the newer one.
        return entries?.max { $0.builtAt <= $1.builtAt }
    }

    /// Takes the image if the index promises it, and it is where the index says. Else says what to do next.
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

    /// Someone may be removing the image: what counts is that the promise still held when the use was noted.
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
            try noteSilence(error, "Going on without the image that the index knows.")
            return .absent(.daemonSilent)
        }
    }

    /// The image in the registry, which no one has to bring here.
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

    /// Whether the entry was there, with that image. An index that fails now, or cannot be written,
    /// has told the truth a moment ago.
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
    /// The same, with a note of where an untrusted build got it.
    ///
    /// - Parameter trusted: the place of trusted builds, where this is not one
    func from(_ source: LookupSource, _ trusted: LookupSource?) -> LookupResult {
        var result = self
        result.isOfTrustedBuild = trusted != nil && !source.place.isUntrusted
        return result
    }
}
