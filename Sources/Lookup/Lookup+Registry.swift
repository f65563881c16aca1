import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Logging
import PluginConfiguration
import Providers
import Registry
import Store

/// Taking the finished image from the registry.
extension Lookup {
    /// Asks the registry for the cache image, and takes it if it is what the key stands for and young enough.
    mutating func takeFromRegistry(
        _ key: Key,
        _ registry: inout CacheRegistry?,
        platform: Platform
    ) async throws -> LookupResult? {
        guard let cacheImage = try cache.cacheImage(key), var current = registry else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Looking for \(cacheImage)")
        do {
            return try await times.measure(.pull) {
                guard let found = try await search(key, &current, platform: platform) else { return nil }
                if cache.skipsPull { return take(found, for: key, localImage: nil) }
                guard let image = try await bring(found.image, &current, platform: platform) else { return nil }
                try await docker.tag(image.id, as: cache.localImage(key))
                return take(found, for: key, localImage: image)
            }
        } catch {
            try rethrowIfFatal(error)
            reason = Reason(asking: error)
            surroundings.log.warning("Could not take \(cacheImage) from the registry: \(error) Building without it.")
            return nil
        }
    }

    /// Pulls what the index promises, without asking the registry first.
    mutating func takePromised(
        _ entry: Entry,
        for key: Key,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult? {
        guard var current = registry, let digest = entry.registryDigest.flatMap(Digest.init),
            let cacheImage = entry.cacheImage.flatMap({ ImageReference($0) })
        else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Pulling \(cacheImage)")
        do {
            return try await times.measure(.pull) {
                guard try await current.pull(digest, platform: inputs.platform) == .pulled,
                    let image = try await docker.inspectImage("\(current.repository)@\(digest)")
                else { return nil }
                let judged = LookupDecision.judge(
                    image,
                    image: cache.image,
                    key: key,
                    cache.maximumAge,
                    surroundings.now()
                )
                guard case .hit(let builtAt) = judged else { return nil }
                try await docker.tag(image.id, as: cache.localImage(key))
                let found = Found(cacheImage: cacheImage, digest: digest, builtAt: builtAt ?? entry.builtAt)
                return take(found, for: key, localImage: image)
            }
        } catch {
            try rethrowIfFatal(error)
            reason = Reason(asking: error)
            surroundings.log.warning("Could not pull \(cacheImage): \(error) Building without it.")
            return nil
        }
    }

    /// What went wrong with the registry is a warning, unless it is the daemon that is missing, the job that is
    /// cancelled (what docker could not do then looks like trouble with the registry), or the user who wants to know.
    func rethrowIfFatal(_ error: any Error) throws {
        try Task.checkCancellation()
        if case DockerError.daemonUnreachable = error { throw error }
        guard !cache.failsOnError else { throw error }
    }

    /// What the registry has for a key.
    private struct Found {
        let cacheImage: ImageReference
        /// Of what the tag names.
        let digest: Digest
        /// Milliseconds since 1970; nil if it does not say.
        let builtAt: Int64?
        /// Nil where the registry was not asked.
        var image: RegistryImage?
    }

    /// Looks for the image under the key's tag, and where that one has expired, under those that were pushed beside it
    /// because it could not be replaced. Notes what that makes of this lookup.
    private mutating func search(
        _ key: Key,
        _ registry: inout CacheRegistry,
        platform: Platform
    ) async throws -> Found? {
        var revision = 0
        while let cacheImage = try cache.cacheImage(key, revision: revision) {
            guard let image = try await registry.find(cacheImage, platform: platform) else { break }
            let judged = LookupDecision.judge(
                image.configuration,
                image: cache.image,
                key: key,
                cache.maximumAge,
                surroundings.now()
            )
            switch judged {
            case .expired:
                (outcome, reason) = (.expired, .maximumAge)
                revision += 1
            case .wrongImage:
                reason = .wrongImage
                let labels = image.configuration.labels
                surroundings.log.warning(
                    """
                    \(cacheImage) says that it is \(labels[ImageAge.imageLabel] ?? "an image") built for the key \
                    \(labels[ImageAge.keyLabel] ?? "of nobody"). Not using it.
                    """
                )
                return nil
            case .hit(let builtAt):
                if builtAt == nil, cache.maximumAge != nil {
                    surroundings.output.line("\(cacheImage) does not say when it was built, and counts as fresh.")
                }
                return Found(cacheImage: cacheImage, digest: image.named.digest, builtAt: builtAt, image: image)
            }
        }
        if outcome == .expired {
            surroundings.output.line("The registry has it, and it is older than max-age-days.")
        } else {
            surroundings.output.line("The registry does not have it.")
        }
        return nil
    }

    /// Sees to it that the daemon has exactly that image: it may have it already, under whatever name.
    private mutating func bring(
        _ found: RegistryImage?,
        _ registry: inout CacheRegistry,
        platform: Platform
    ) async throws -> ImageDetails? {
        guard let found else { return nil }
        // An image's id is the digest of its configuration, or with containerd's image store the digest of its manifest
        // or of the index that it was pulled by.
        let identifiers = Set([found.identifier, found.manifestDigest, found.named.digest].map(\.description))
        let known = try await docker.inspectImages(identifiers.sorted())
        // An index may be there without the image of this platform.
        if let image = known.first(where: { identifiers.contains($0.id) && $0.platform == platform }) { return image }
        guard try await registry.pull(found.named.digest, platform: inputs.platform) == .pulled else {
            reason = .imageGone
            surroundings.log.warning("The registry no longer has \(found.named.digest), which it named just now.")
            return nil
        }
        let name = "\(registry.repository)@\(found.named.digest)"
        guard let image = try await docker.inspectImage(name) else {
            throw DockerError.unexpectedAnswer(
                command: "docker pull \(name)",
                message: "it succeeded, but the image is not in the daemon"
            )
        }
        guard identifiers.contains(image.id) else {
            throw DockerError.unexpectedAnswer(
                command: "docker pull \(name)",
                message: "the image has the id \(image.id), and not \(found.identifier)"
            )
        }
        return image
    }

    /// Makes the hit, and lets the index remember it.
    ///
    /// - Parameter localImage: nil if it was not brought to the agent
    private mutating func take(_ found: Found, for key: Key, localImage: ImageDetails?) -> LookupResult? {
        guard let reference = localImage == nil ? found.cacheImage : try? cache.localImage(key) else { return nil }
        (outcome, reason) = (.registryHit, nil)
        let bytes = localImage?.size ?? found.image?.manifest.layers.reduce(0) { $0 + $1.size }
        save(
            key,
            localImage: localImage?.id,
            sizeBytes: bytes,
            cacheImage: found.cacheImage,
            digest: found.digest.description,
            builtAt: found.builtAt ?? surroundings.now(),
            buildMilliseconds: nil
        )
        return LookupResult(
            outcome: .registryHit,
            reason: nil,
            key: key,
            image: reference,
            digest: found.digest.description,
            imageID: localImage?.id ?? found.image?.identifier.description,
            imageBytes: bytes,
            buildMilliseconds: nil
        )
    }
}
