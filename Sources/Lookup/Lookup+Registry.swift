import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Inputs
import Logging
import PluginConfiguration
import Providers
import Registry
import Store

/// Taking the finished image from the registry.
extension Lookup {
    /// Does what is left to do after the agent was looked at, and says how the looking ends.
    func lookInRegistry(_ computed: ComputedKey, _ next: LookupDecision) async throws -> LookupDecision.Verdict {
        let answer: Answer
        switch next {
        case .decided(let verdict): return verdict
        case .askRegistry(let reason):
            answer = try await takeFromRegistry(computed, because: reason)
        case .pull(let entry), .verify(let entry), .trust(let entry):
            answer = try await takePromised(entry, for: computed.key)
        }
        return LookupDecision.verdict(afterRegistry: answer)
    }

    /// Asks the registry for the cache image, and takes it if it is what the key stands for and young enough.
    private func takeFromRegistry(_ computed: ComputedKey, because reason: Reason) async throws -> Answer {
        let key = computed.key
        guard let cacheImage = try cache.cacheImage(key), let registry else { return .absent(reason) }
        surroundings.output.group(.folded, "Looking for \(cacheImage)")
        var hasExpired = false
        do {
            return try await trace.measure(.pull) {
                let platform = computed.circumstances.platforms.target
                let image: (Found, RegistryImage)
                switch try await search(key, registry, platform: platform, hasExpired: &hasExpired) {
                case .found(let found, let its): image = (found, its)
                case .absent(let because):
                    if because != .wrongImage {
                        surroundings.output.line(
                            hasExpired
                                ? "The registry has it, and it is older than max-age-days."
                                : "The registry does not have it."
                        )
                    }
                    return .absent(because ?? reason)
                }
                guard let result = try await take(image.0, image.1, for: key, registry, platform) else {
                    return .absent(hasExpired ? .maximumAge : .imageGone)
                }
                return .found(result)
            }
        } catch {
            if hasExpired { trace.reason = .maximumAge }
            try rethrowIfFatal(error)
            surroundings.log.warning("Could not take \(cacheImage) from the registry: \(error) Building without it.")
            return Answer(asking: error, hasExpired: hasExpired)
        }
    }

    /// The image that another agent has saved for the same key while this one was building. All that miss a key at the
    /// same moment then use one image, and nothing is pushed over it.
    ///
    /// Nil if there is none, and where it could not be asked or had: then the image is saved as any other.
    func takeSavedMeanwhile(_ computed: ComputedKey, _ cause: BuildCause) async throws -> LookupResult? {
        guard cause.mayHaveBeenSavedMeanwhile(cache.policy), let registry else { return nil }
        do {
            return try await trace.measure(.save) {
                var hasExpired = false
                let platform = computed.circumstances.platforms.target
                guard
                    case .found(let found, let image) = try await search(
                        computed.key,
                        registry,
                        platform: platform,
                        hasExpired: &hasExpired
                    )
                else { return nil }
                surroundings.output.line("Another agent has saved \(found.cacheImage) meanwhile. This step uses that.")
                return try await take(found, image, for: computed.key, registry, platform)
            }
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.debug("Whether another agent has saved the image meanwhile is not known: \(error)")
            return nil
        }
    }

    /// Pulls what the index promises, without asking the registry first.
    private func takePromised(_ entry: Entry, for key: Key) async throws -> Answer {
        guard let registry, let digest = entry.registryDigest.flatMap(Digest.init),
            let cacheImage = entry.cacheImage.flatMap({ ImageReference($0) })
        else { return .absent(.imageGone) }
        surroundings.output.group(.folded, "Pulling \(cacheImage)")
        do {
            return try await trace.measure(.pull) {
                guard try await registry.pull(digest, platform: inputs.platform) == .pulled,
                    let image = try await daemon.inspectImage("\(registry.repository)@\(digest)")
                else { return .absent(.imageGone) }
                switch judge(image, key) {
                case .expired: return .absent(.maximumAge)
                case .wrongImage:
                    warnOfWrongImage(cacheImage, image.labels)
                    return .absent(.wrongImage)
                case .hit(let builtAt):
                    let found = Found(cacheImage: cacheImage, digest: digest, builtAt: builtAt ?? entry.builtAt)
                    return .found(try await take(found, for: key, onAgent: image))
                }
            }
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.warning("Could not pull \(cacheImage): \(error) Building without it.")
            return Answer(asking: error, hasExpired: false)
        }
    }

    /// What went wrong with the registry is a warning, unless it is the daemon that is missing, the job that is
    /// cancelled (what docker could not do then looks like trouble with the registry), or the user who wants to know.
    func rethrowIfFatal(_ error: any Error) throws {
        try Task.checkCancellation()
        if case DockerError.daemonUnreachable = error { throw error }
        guard !cache.failsOnError else { throw error }
    }

    private func judge(_ description: some ImageDescription, _ key: Key) -> LookupDecision.Judgement {
        LookupDecision.judge(description, image: cache.image, key: key, cache.maximumAge, surroundings.now())
    }

    private func warnOfWrongImage(_ cacheImage: ImageReference, _ labels: [String: String]) {
        surroundings.log.warning(
            """
            \(cacheImage) says that it is \(labels[ImageAge.imageLabel] ?? "an image") built for the key \
            \(labels[ImageAge.keyLabel] ?? "of nobody"). Not using it.
            """
        )
    }

    /// What the registry has for a key.
    private struct Found {
        let cacheImage: ImageReference
        /// Of what the tag names.
        let digest: Digest
        /// Milliseconds since 1970; nil if it does not say.
        let builtAt: Int64?
    }

    private enum Search {
        case found(Found, RegistryImage)
        /// Nothing that may be taken. The reason is nil if there is no image at all.
        case absent(Reason?)
    }

    /// Looks for the image under the key's tag, and where that one has expired, under those that were pushed beside it
    /// because it could not be replaced.
    ///
    /// - Parameter hasExpired: set as soon as one was seen that is too old, also if a later question fails
    private func search(
        _ key: Key,
        _ registry: any LookupRegistry,
        platform: Platform,
        hasExpired: inout Bool
    ) async throws -> Search {
        var revision = 0
        while let cacheImage = try cache.cacheImage(key, revision: revision) {
            guard let image = try await registry.find(cacheImage, platform: platform) else { break }
            switch judge(image.configuration, key) {
            case .expired:
                hasExpired = true
                revision += 1
            case .wrongImage:
                warnOfWrongImage(cacheImage, image.configuration.labels)
                return .absent(hasExpired ? .maximumAge : .wrongImage)
            case .hit(let builtAt):
                if builtAt == nil, cache.maximumAge != nil {
                    surroundings.output.line("\(cacheImage) does not say when it was built, and counts as fresh.")
                }
                return .found(Found(cacheImage: cacheImage, digest: image.named.digest, builtAt: builtAt), image)
            }
        }
        return .absent(hasExpired ? .maximumAge : nil)
    }

    /// Sees to it that the daemon has exactly that image: it may have it already, under whatever name. Nil if the
    /// registry has lost it meanwhile.
    private func bring(
        _ found: RegistryImage,
        _ registry: any LookupRegistry,
        platform: Platform
    ) async throws -> ImageDetails? {
        let identifiers = found.identifiers
        let known = try await daemon.inspectImages(identifiers.sorted())
        // An index may be there without the image of this platform.
        if let image = known.first(where: { identifiers.contains($0.id) && $0.platform == platform }) { return image }
        guard try await registry.pull(found.named.digest, platform: inputs.platform) == .pulled else {
            surroundings.log.warning("The registry no longer has \(found.named.digest), which it named just now.")
            return nil
        }
        let name = "\(registry.repository)@\(found.named.digest)"
        guard let image = try await daemon.inspectImage(name) else {
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

    /// The image that was found: where it is, or on the agent, as the options say. Nil if the registry has lost it
    /// meanwhile.
    private func take(
        _ found: Found,
        _ image: RegistryImage,
        for key: Key,
        _ registry: any LookupRegistry,
        _ platform: Platform
    ) async throws -> LookupResult? {
        if cache.skipsPull { return try take(found, for: key, inRegistry: image) }
        guard let local = try await bring(image, registry, platform: platform) else { return nil }
        var result = try await take(found, for: key, onAgent: local)
        result.registered = .shown(image.named)
        return result
    }

    /// The hit of an image that is on the agent now, which the index is to remember.
    private func take(_ found: Found, for key: Key, onAgent image: ImageDetails) async throws -> LookupResult {
        let name = try await name(image, key, known: nil, isSaved: true)
        remember(found, key, localImage: image.id, bytes: image.size)
        return LookupResult(
            origin: .registry,
            key: key,
            image: name,
            digest: found.digest.description,
            imageID: image.id,
            imageBytes: image.size,
            buildMilliseconds: nil,
            localNames: image.names,
            registered: .promised(found.digest)
        )
    }

    /// The hit of an image that stays where it is.
    private func take(_ found: Found, for key: Key, inRegistry image: RegistryImage) throws -> LookupResult {
        let bytes = image.manifest.layers.reduce(0) { $0 + $1.size }
        remember(found, key, localImage: nil, bytes: bytes)
        return LookupResult(
            origin: .registry,
            key: key,
            image: found.cacheImage,
            digest: found.digest.description,
            imageID: image.identifier.description,
            imageBytes: bytes,
            buildMilliseconds: nil,
            registered: .shown(image.named)
        )
    }

    private func remember(_ found: Found, _ key: Key, localImage: String?, bytes: Int64) {
        save(
            key,
            localImage: localImage,
            sizeBytes: bytes,
            saved: Saved(cacheImage: found.cacheImage, digest: found.digest.description),
            builtAt: found.builtAt ?? surroundings.now(),
            buildMilliseconds: nil,
            hits: 1
        )
    }
}

extension Answer {
    private static let refusals: [RegistryError.Reason] = [.unauthorised, .forbidden, .credentialsUnavailable]

    /// What an error says of the registry that was asked.
    package init(asking error: any Error, hasExpired: Bool) {
        // What docker does without the registry.
        if case DockerError.timedOut(let command, _) = error, !command.hasPrefix("docker login") {
            self = .absent(hasExpired ? .maximumAge : .daemonSilent)
            return
        }
        let isRefusal =
            switch error {
            case let error as RegistryError: Self.refusals.contains(error.reason)
            case is ProviderError: true
            case DockerError.failed(let command, _, _, _): command.hasPrefix("docker login")
            default: false
            }
        self = isRefusal ? .refused(hasExpired: hasExpired) : .silent(hasExpired: hasExpired)
    }
}
