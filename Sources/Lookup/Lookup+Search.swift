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

/// Finds the image of a key in the registry, and pulls it to the agent. The pull starts as soon as the tag's manifest
/// is known. Meanwhile, the image's metadata is read and judged.
extension Lookup {
    /// An image that the registry has for a key.
    struct Found {
        let cacheImage: ImageReference
        /// The digest of the manifest that the tag names.
        let digest: Digest
        /// The build time, in milliseconds since 1970; nil if unknown.
        let builtAt: Int64?
        /// Nil if no signature is required.
        var signature: Signed?
    }

    /// The result of looking for an image under a key's tags.
    enum Search {
        case taken(LookupResult)
        /// No image that may be taken. The reason is nil if there is no image at all.
        case absent(Reason?)
    }

    /// Looks for the image under the key's tag. If that image may not be used, looks under the tags of those that were
    /// pushed because it could not be replaced. Takes the image in the registry, or pulls it to the agent, depending on
    /// the options.
    ///
    /// - Parameters:
    ///   - needsAge: whether an image without a build time counts as expired, and not as fresh
    ///   - hasExpired: set as soon as an image is found that is too old, even if a later query fails
    func search(
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        platform: Platform,
        needsAge: Bool = false,
        hasExpired: inout Bool
    ) async throws -> Search {
        // The queries do not wait for Docker's login, but a build, a push and the step itself need it.
        let asked: Asked
        do {
            asked = try await ask(key, place, registry, platform, needsAge, hasExpired: &hasExpired)
        } catch {
            try await registry.logIn()
            throw error
        }
        switch asked {
        case .absent(let reason):
            try await registry.logIn()
            return .absent(reason)
        case .found(.inRegistry(let found, let image)):
            try await registry.logIn()
            return .taken(try take(found, for: key, place, inRegistry: image))
        case .found(.onAgent(let found, let image, let named, let reading)):
            defer { reading.cancel() }
            async let login: Void = registry.logIn()
            let name: ImageReference
            do {
                name = try await self.name(image, key, place, known: nil, isSaved: true)
            } catch {
                try await login
                throw error
            }
            try await login
            // Reading the record must not delay a hit.
            reading.cancel()
            var result = take(found, for: key, place, onAgent: image, named: name, await reading.value)
            result.registered = .shown(named)
            return .taken(result)
        }
    }

    /// An image that may be taken.
    private enum Hit {
        /// Its record may still be read.
        case onAgent(Found, ImageDetails, FetchedManifest, Task<ImageRecord?, Never>)
        case inRegistry(Found, RegistryImage)
    }

    /// The answer of the registry.
    private enum Asked {
        case found(Hit)
        /// See ``Search/absent(_:)``.
        case absent(Reason?)
    }

    private func ask(
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform,
        _ needsAge: Bool,
        hasExpired: inout Bool
    ) async throws -> Asked {
        var revision = 0
        var reason: Reason?
        var unsigned = 0
        while let cacheImage = try place.cacheImage(key, revision: revision) {
            switch try await attempt(cacheImage, key, place, registry, platform, needsAge) {
            case .absent: return .absent(hasExpired ? .maximumAge : reason)
            case .found(let hit): return .found(hit)
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

    /// The maximum number of images without a valid signature that are skipped. Each costs every lookup of the key two
    /// requests.
    static let mostUnsigned = 3

    /// The result for one tag.
    private enum Attempt {
        case absent
        case found(Hit)
        case expired
        case wrongImage
        /// The image has no valid signature.
        case unverified
        /// The registry returned the image's manifest, but no longer has the image.
        case lost
    }

    private func attempt(
        _ cacheImage: ImageReference,
        _ key: Key,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform,
        _ needsAge: Bool
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
            return try await pullAndJudge(named, cacheImage, key, signature, place, registry, platform, needsAge)
        }
        guard let image = try await registry.image(in: named, platform: platform) else { return .absent }
        switch judged(image, cacheImage, key, signature, needsAge) {
        case .take(let found): return .found(.inRegistry(found, image))
        case .leave(let why): return why
        }
    }

    /// Pulls the image while its metadata is judged, and while the daemon is asked whether it has the image. A pull
    /// that turns out to be unnecessary is cancelled. If it finished before the judgement, it leaves an unnamed image
    /// for `docker image prune`: removing it by digest could take it from another process that has it.
    private func pullAndJudge(
        _ named: FetchedManifest,
        _ cacheImage: ImageReference,
        _ key: Key,
        _ signature: Signed?,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ platform: Platform,
        _ needsAge: Bool
    ) async throws -> Attempt {
        let (digest, wanted, daemon) = (named.digest, inputs.platform, daemon)
        async let pulled = registry.pull(digest, platform: wanted)
        let known = Self.identifiers(in: named)
        async let inspected = daemon.inspectImages(known.sorted())
        let reading = readRecord(of: digest, place, registry)
        var isHit = false
        defer { if !isHit { reading.cancel() } }
        guard let image = try await registry.image(in: named, platform: platform) else { return .absent }
        switch judged(image, cacheImage, key, signature, needsAge) {
        case .leave(let why): return why
        case .take(let found):
            var local = Self.match(try await inspected, image, platform)
            let others = image.identifiers.subtracting(known)
            if local == nil, !others.isEmpty {
                local = Self.match(try await daemon.inspectImages(others.sorted()), image, platform)
            }
            if local == nil {
                guard try await pulled == .pulled else {
                    surroundings.log.warning("The registry no longer has \(digest), which it named just now.")
                    return .lost
                }
                local = try await pulledImage(image, registry)
            }
            guard let local else { return .lost }
            isHit = true
            return .found(.onAgent(found, local, named, reading))
        }
    }

    /// The verdict on an image's metadata.
    private enum Judged {
        case take(Found)
        case leave(Attempt)
    }

    /// - Parameter signature: the source of the build time, if there is one
    private func judged(
        _ image: RegistryImage,
        _ cacheImage: ImageReference,
        _ key: Key,
        _ signature: Signed?,
        _ needsAge: Bool
    ) -> Judged {
        switch judge(image.configuration, key, maximumAge: signature == nil ? cache.maximumAge : nil) {
        case .expired: return .leave(.expired)
        case .wrongImage:
            warnOfWrongImage(cacheImage, image.configuration.labels)
            return .leave(.wrongImage)
        // An old image may have been replaced by a fresh one only if its age is known.
        case .hit(nil) where signature == nil && needsAge: return .leave(.expired)
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

    /// The ids that an image may have in the daemon, as far as the manifest that its tag names shows them. If that is
    /// an index, Docker's own store knows the image by an id that only the platform's manifest has.
    private static func identifiers(in named: FetchedManifest) -> Set<String> {
        let manifest = try? Manifest(parsing: named.bytes, as: named.mediaType)
        return Set([named.digest, manifest?.configuration.digest].compactMap { $0?.description })
    }

    /// The image, if the daemon already has exactly that one under any name.
    private static func match(
        _ inspected: [ImageDetails],
        _ found: RegistryImage,
        _ platform: Platform
    ) -> ImageDetails? {
        // The daemon may have an image index without this platform's image.
        inspected.first { found.identifiers.contains($0.id) && $0.platform == platform }
    }

    /// The image that was just pulled.
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
