import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Logging
import PluginConfiguration
import Providers
import Registry
import Signatures
import Store

/// Finding the image of a key in the registry, and bringing it to the agent. The pull begins as soon as it is known
/// what the tag names; what the image says of itself is read and judged meanwhile.
extension Lookup {
    /// What the registry has for a key.
    struct Found {
        let cacheImage: ImageReference
        /// Of what the tag names.
        let digest: Digest
        /// Milliseconds since 1970; nil if it does not say.
        let builtAt: Int64?
        /// Nil where nothing is asked for.
        var signature: Signed?
    }

    /// What came of looking for an image under a key's tags.
    enum Search {
        case taken(LookupResult)
        /// Nothing that may be taken. The reason is nil if there is no image at all.
        case absent(Reason?)
    }

    /// Looks for the image under the key's tag, and where that one may not be used, under those that were pushed beside
    /// it because it could not be replaced. Takes it: where it is, or to the agent, as the options say.
    ///
    /// - Parameter hasExpired: set as soon as one was seen that is too old, also if a later question fails
    func search(
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        platform: Platform,
        hasExpired: inout Bool
    ) async throws -> Search {
        let found: Search
        do {
            found = try await ask(key, place, registry, platform, hasExpired: &hasExpired)
        } catch {
            try await registry.logIn()
            throw error
        }
        // The questions did not wait for Docker's login. A build, a push and the step itself need that.
        try await registry.logIn()
        return found
    }

    private func ask(
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform,
        hasExpired: inout Bool
    ) async throws -> Search {
        var revision = 0
        var reason: Reason?
        var unsigned = 0
        while let cacheImage = try place.cacheImage(key, revision: revision) {
            switch try await attempt(cacheImage, key, place, registry, platform) {
            case .absent: return .absent(hasExpired ? .maximumAge : reason)
            case .taken(let result): return .taken(result)
            case .lost: return .absent(hasExpired ? .maximumAge : .imageGone)
            case .wrongImage: return .absent(hasExpired ? .maximumAge : .wrongImage)
            case .unverified:
                reason = .unverified
                unsigned += 1
                if unsigned > Self.mostUnsigned { return .absent(hasExpired ? .maximumAge : reason) }
            case .expired: hasExpired = true
            }
            revision += 1
        }
        return .absent(hasExpired ? .maximumAge : reason)
    }

    /// How many images without a signature that counts are passed over. Each costs every lookup of the key two
    /// requests.
    static let mostUnsigned = 3

    /// What came of one tag.
    private enum Attempt {
        case absent
        case taken(LookupResult)
        case expired
        case wrongImage
        /// It has no signature that counts.
        case unverified
        /// The registry named it, and no longer has it.
        case lost
    }

    private func attempt(
        _ cacheImage: ImageReference,
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform
    ) async throws -> Attempt {
        guard let named = try await registry.manifest(of: cacheImage) else { return .absent }
        var signature: Signed?
        if let policy = policy(at: place) {
            do {
                let signed = try await signed(named.digest, key, place, registry, platform, by: policy)
                let now = surroundings.now()
                if ImageAge.isTooOld(builtAt: signed.builtAt, maximum: cache.maximumAge, now: now) { return .expired }
                signature = signed
            } catch let error as UnverifiedImage {
                surroundings.log.warning("\(cacheImage) is not used: \(error).")
                return .unverified
            }
        }
        guard cache.skipsPull else {
            return try await pullAndJudge(named, cacheImage, key, signature, place, registry, platform)
        }
        guard let image = try await registry.image(in: named, platform: platform) else { return .absent }
        switch judged(image, cacheImage, key, signature) {
        case .take(let found): return .taken(try take(found, for: key, place, inRegistry: image))
        case .leave(let why): return why
        }
    }

    /// Pulls the image while it is judged. A pull that is not needed is cancelled. One that was faster than the
    /// judgement leaves an image without a name, for `docker image prune`: to remove it by its digest could take it
    /// from any other process that has it.
    private func pullAndJudge(
        _ named: FetchedManifest,
        _ cacheImage: ImageReference,
        _ key: Key,
        _ signature: Signed?,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform
    ) async throws -> Attempt {
        let (digest, wanted) = (named.digest, inputs.platform)
        async let pulled = registry.pull(digest, platform: wanted)
        let reading = readRecord(of: digest, place, registry)
        defer { reading.cancel() }
        guard let image = try await registry.image(in: named, platform: platform) else { return .absent }
        switch judged(image, cacheImage, key, signature) {
        case .leave(let why): return why
        case .take(let found):
            var local = try await imageInDaemon(image, platform: platform)
            if local == nil {
                guard try await pulled == .pulled else {
                    surroundings.log.warning("The registry no longer has \(digest), which it named just now.")
                    return .lost
                }
                local = try await pulledImage(image, registry)
            }
            guard let local else { return .lost }
            // It costs a hit no time.
            reading.cancel()
            var result = try await take(found, for: key, place, onAgent: local, await reading.value)
            result.registered = .shown(named)
            return .taken(result)
        }
    }

    /// What comes of what an image says of itself.
    private enum Judged {
        case take(Found)
        case leave(Attempt)
    }

    /// - Parameter signature: says when the image was built, where there is one
    private func judged(
        _ image: RegistryImage,
        _ cacheImage: ImageReference,
        _ key: Key,
        _ signature: Signed?
    ) -> Judged {
        switch judge(image.configuration, key, maximumAge: signature == nil ? cache.maximumAge : nil) {
        case .expired: return .leave(.expired)
        case .wrongImage:
            warnOfWrongImage(cacheImage, image.configuration.labels)
            return .leave(.wrongImage)
        case .hit(let builtAt):
            if builtAt == nil, cache.maximumAge != nil, signature == nil {
                surroundings.output.line("\(cacheImage) does not say when it was built, and counts as fresh.")
            }
            return .take(
                Found(
                    cacheImage: cacheImage,
                    digest: image.named.digest,
                    builtAt: signature?.builtAt ?? builtAt,
                    signature: signature
                )
            )
        }
    }

    /// The image, if the daemon has exactly that already, under whatever name.
    private func imageInDaemon(_ found: RegistryImage, platform: Platform) async throws -> ImageDetails? {
        let identifiers = found.identifiers
        let known = try await daemon.inspectImages(identifiers.sorted())
        // An index may be there without the image of this platform.
        return known.first { identifiers.contains($0.id) && $0.platform == platform }
    }

    /// The image that was pulled just now.
    private func pulledImage(_ found: RegistryImage, _ registry: any LookupRegistry) async throws -> ImageDetails {
        let name = "\(registry.repository)@\(found.named.digest)"
        guard let image = try await daemon.inspectImage(name) else {
            throw DockerError.unexpectedAnswer(
                command: "docker pull \(name)",
                message: "it succeeded, but the image is not in the daemon"
            )
        }
        guard found.identifiers.contains(image.id) else {
            throw DockerError.unexpectedAnswer(
                command: "docker pull \(name)",
                message: "the image has the id \(image.id), and not \(found.identifier)"
            )
        }
        return image
    }
}
