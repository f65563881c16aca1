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

/// Takes the finished image from the registry.
extension Lookup {
    /// Continues the search in the registry of each place in turn, after the agent was searched. Returns the verdict.
    func lookInRegistries(_ computed: ComputedKey, _ views: [View]) async throws -> LookupDecision.Verdict {
        var causes: [BuildCause] = []
        for view in views {
            switch try await lookInRegistry(computed, view) {
            case .take(let result): return .take(result.from(view.source, trusted))
            case .build(let cause): causes.append(cause)
            }
        }
        guard let own = causes.last else { return .build(BuildCause(.newKey)) }
        return .build(causes.count > 1 ? LookupDecision.cause(trusted: causes[0], own: own) : own)
    }

    private func lookInRegistry(_ computed: ComputedKey, _ view: View) async throws -> LookupDecision.Verdict {
        let answer: Answer
        switch view.next {
        case .decided(let verdict): return verdict
        case .askRegistry(let reason):
            answer = try await takeFromRegistry(computed, view.source, because: reason)
        case .pull(let entry), .verify(let entry), .trust(let entry):
            answer = try await takePromised(entry, for: computed.key, view.source)
        }
        return LookupDecision.verdict(afterRegistry: answer)
    }

    /// Looks for the cache image in the registry, and takes it if it matches the key and is young enough.
    private func takeFromRegistry(
        _ computed: ComputedKey,
        _ source: LookupSource,
        because reason: Reason
    ) async throws -> Answer {
        let key = computed.key
        guard let cacheImage = try source.place.cacheImage(key), let registry = source.registry else {
            return .absent(reason)
        }
        surroundings.output.group(.folded, "Looking for \(cacheImage)")
        var hasExpired = false
        do {
            return try await trace.measure(.pull) {
                let platform = computed.circumstances.platforms.target
                switch try await search(key, source.place, registry, platform: platform, hasExpired: &hasExpired) {
                case .taken(let result): return .found(result)
                case .absent(let because):
                    if because == nil || because == .maximumAge {
                        surroundings.output.line(
                            hasExpired
                                ? "The registry has it, and it is older than max-age-days."
                                : "The registry does not have it."
                        )
                    }
                    return .absent(because ?? reason)
                }
            }
        } catch {
            if hasExpired { trace.reason = .maximumAge }
            try rethrowIfFatal(error)
            surroundings.log.warning("Could not take \(cacheImage) from the registry: \(error) Building without it.")
            return Answer(asking: error, hasExpired: hasExpired)
        }
    }

    /// Whether another agent may have saved the image that this lookup has built.
    func mayHaveBeenSavedMeanwhile(_ cause: BuildCause) -> Bool {
        home.registry != nil && cause.mayHaveBeenSavedMeanwhile(cache.policy)
    }

    /// The image that another agent saved for the same key while this one was building. Agents that miss a key at the
    /// same time then all use one image, and none overwrites it.
    ///
    /// Returns nil if there is none, or if it could not be queried or pulled. The built image is then saved as usual.
    func savedMeanwhile(_ computed: ComputedKey, _ cause: BuildCause) async throws -> LookupResult? {
        guard mayHaveBeenSavedMeanwhile(cause), let registry = home.registry,
            let cacheImage = try cache.place.cacheImage(computed.key)
        else { return nil }
        do {
            var hasExpired = false
            guard
                case .taken(let result) = try await search(
                    computed.key,
                    cache.place,
                    registry,
                    platform: computed.circumstances.platforms.target,
                    // An image without a build time may be the expired one.
                    needsAge: cause.reason == .maximumAge,
                    hasExpired: &hasExpired
                )
            else { return nil }
            surroundings.output.line("Another agent has saved \(cacheImage) meanwhile. This step uses that.")
            return result
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.debug("Could not check whether another agent saved the image: \(error)")
            return nil
        }
    }

    /// Pulls the image that the index promises, without querying the registry first.
    private func takePromised(_ entry: Entry, for key: Key, _ source: LookupSource) async throws -> Answer {
        guard let registry = source.registry, let digest = entry.registryDigest.flatMap(Digest.init),
            let cacheImage = entry.cacheImage.flatMap({ ImageReference($0) })
        else { return .absent(.imageGone) }
        surroundings.output.group(.folded, "Pulling \(cacheImage)")
        do {
            return try await trace.measure(.pull) {
                guard try await registry.pull(digest, platform: inputs.platform) == .pulled,
                    let image = try await daemon.inspectImage("\(registry.repository)@\(digest)")
                else { return .absent(.imageGone) }
                // If there is a signature, its time alone decides, and the entry was judged by that.
                switch judge(image, key, maximumAge: entry.signature == nil ? cache.maximumAge : nil) {
                case .expired: return .absent(.maximumAge)
                case .wrongImage:
                    warnOfWrongImage(cacheImage, image.labels)
                    return .absent(.wrongImage)
                case .hit(let builtAt):
                    var found = Found(cacheImage: cacheImage, digest: digest, builtAt: builtAt ?? entry.builtAt)
                    if let text = entry.signature {
                        // The signature was checked earlier, together with the entry's build time.
                        found = Found(
                            cacheImage: cacheImage,
                            digest: digest,
                            builtAt: entry.builtAt,
                            signature: Signed(envelope: Array(text.utf8), builtAt: entry.builtAt)
                        )
                    }
                    let name = try await name(image, key, source.place, known: nil, isSaved: true)
                    return .found(take(found, for: key, source.place, onAgent: image, named: name))
                }
            }
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.warning("Could not pull \(cacheImage): \(error) Building without it.")
            return Answer(asking: error, hasExpired: false)
        }
    }

    /// Rethrows errors that end the lookup: an unreachable daemon, a cancelled job (docker's failures then look like
    /// registry errors), and with `on-error: fail` any error. All other errors only cause warnings.
    func rethrowIfFatal(_ error: any Error) throws {
        try Task.checkCancellation()
        if case DockerError.daemonUnreachable = error { throw error }
        guard !cache.failsOnError else { throw error }
    }

    /// - Parameter maximumAge: in milliseconds; nil if the age is known from elsewhere, or is irrelevant
    func judge(
        _ description: some ImageDescription,
        _ key: Key,
        maximumAge: Int64?
    ) -> LookupDecision.Judgement {
        LookupDecision.judge(description, image: cache.image, key: key, maximumAge, surroundings.now())
    }

    func warnOfWrongImage(_ cacheImage: ImageReference, _ labels: [String: String]) {
        surroundings.log.warning(
            """
            \(cacheImage) says that it is \(labels[ImageAge.imageLabel] ?? "an image") built for the key \
            \(labels[ImageAge.keyLabel] ?? "(unknown, without a label)"). Not using it.
            """
        )
    }

    /// The hit for an image that is on the agent now. Saves its index entry.
    func take(
        _ found: Found,
        for key: Key,
        _ place: CachePlace,
        onAgent image: ImageDetails,
        named name: ImageReference,
        _ record: ImageRecord? = nil
    ) -> LookupResult {
        let milliseconds = record?.key == key.description ? record?.buildMilliseconds : nil
        remember(found, key, place, localImage: image.id, bytes: image.size, buildMilliseconds: milliseconds)
        return LookupResult(
            origin: .registry,
            key: key,
            image: name,
            digest: found.digest.description,
            imageID: image.id,
            imageBytes: image.size,
            buildMilliseconds: milliseconds,
            localNames: image.names,
            registered: .promised(found.digest)
        )
    }

    /// The hit for an image that stays in the registry. Saves its index entry.
    func take(
        _ found: Found,
        for key: Key,
        _ place: CachePlace,
        inRegistry image: RegistryImage
    ) throws -> LookupResult {
        let bytes = image.manifest.layerBytes
        remember(found, key, place, localImage: nil, bytes: bytes)
        var result = LookupResult(
            origin: .registry,
            key: key,
            image: found.cacheImage,
            digest: found.digest.description,
            imageID: image.identifier.description,
            imageBytes: bytes,
            buildMilliseconds: nil,
            registered: .shown(image.named)
        )
        if found.signature != nil { result.pinned = found.digest.description }
        return result
    }

    private func remember(
        _ found: Found,
        _ key: Key,
        _ place: CachePlace,
        localImage: String?,
        bytes: Int64,
        buildMilliseconds: Int64? = nil
    ) {
        save(
            key,
            place,
            localImage: localImage,
            sizeBytes: bytes,
            saved: Saved(cacheImage: found.cacheImage, digest: found.digest.description),
            signature: found.signature,
            builtAt: found.builtAt ?? surroundings.now(),
            buildMilliseconds: buildMilliseconds,
            hits: 1
        )
    }
}

extension Answer {
    private static let refusals: [RegistryError.Reason] = [.unauthorised, .forbidden, .credentialsUnavailable]

    /// Converts an error of a registry query to an answer.
    package init(asking error: any Error, hasExpired: Bool) {
        // These docker commands do not involve the registry.
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

/// A registry that does not answer. With `on-error: fail`, this ends the step.
struct RegistrySilence: Error, CustomStringConvertible {
    package let repository: RepositoryName

    package var description: String {
        "The image could not be saved, because the registry of \(repository) does not answer. Check that this agent "
            + "reaches it, or set on-error: warn."
    }
}
