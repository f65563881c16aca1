import Buildkite
import Docker
import Fingerprint
import Host
import Images
import PluginConfiguration
import Store

/// Taking the finished image from this agent, as the index promises it.
extension Lookup {
    func findEntry(_ key: Key) -> Entry? {
        index.attempt { try $0.entries.find(key: key.description, scope: cache.scope) } ?? nil
    }

    /// Takes the image if the index promises it, and it is where the index says. Else says what to do next.
    func lookOnAgent(_ key: Key, _ entry: Entry?) async throws -> LookupDecision {
        let first = LookupDecision.first(
            entry: entry,
            hasIndex: index.isAvailable,
            policy: cache.policy,
            now: surroundings.now()
        )
        var next = first
        switch first {
        case .verify(let entry):
            let answer = try await takeFromDaemon(entry, key)
            next = LookupDecision.next(afterAgent: answer, promised: entry, policy: cache.policy)
        case .trust(let entry):
            next = trust(entry, key)
        case .pull, .askRegistry, .decided: break
        }
        trace.reason = next.reason
        return next
    }

    /// Somebody may be removing the image: what counts is that the promise still held when the use was noted.
    private func takeFromDaemon(_ entry: Entry, _ key: Key) async throws -> Answer {
        let reference = try cache.localImage(key)
        let named = try await trace.measure(.lookup) { try await daemon.inspectImage(reference.description) }
        let found = named == nil ? try await withoutName(entry) : named
        if let named, !LookupDecision.isPromised(named, by: entry),
            named.labels[ImageAge.keyLabel] == key.description
        {
            surroundings.output.line(
                "\(reference) is another image of the same key, which this index does not know. Where two indexes "
                    + "share a daemon, each builds it again after the other: let both use one index."
            )
        }
        guard let image = found, LookupDecision.isPromised(image, by: entry),
            recordUse(entry, localImageID: image.id),
            named != nil ? true : try await giveBack(reference, to: image)
        else { return .absent(.imageGone) }
        return .found(
            hit(
                entry,
                key,
                .agent,
                image: reference,
                imageID: image.id,
                imageBytes: image.size,
                localNames: image.names
            )
        )
    }

    /// The promised image, which somebody took its name away from: it may be there by another one.
    private func withoutName(_ entry: Entry) async throws -> ImageDetails? {
        guard let id = entry.localImageID else { return nil }
        return try await daemon.inspectImage(id)
    }

    /// Gives the image its name again. False if it is gone by now.
    private func giveBack(_ reference: ImageReference, to image: ImageDetails) async throws -> Bool {
        do {
            try await daemon.tag(image.id, as: reference)
            surroundings.output.line("\(reference) had lost its name, and has it again.")
            return true
        } catch DockerError.failed {
            return false
        }
    }

    /// The image in the registry, which nobody has to bring here.
    private func trust(_ entry: Entry, _ key: Key) -> LookupDecision {
        guard let cacheImage = entry.cacheImage.flatMap(ImageReference.init) else { return .build(.imageGone) }
        _ = recordUse(entry, localImageID: nil)
        return .take(
            hit(
                entry,
                key,
                .registry,
                image: cacheImage,
                imageID: entry.localImageID,
                imageBytes: entry.sizeBytes
            )
        )
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
