import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Inputs
import Logging
import PluginConfiguration
import Registry
import Store

/// Saves the image for later lookups, in the registry and in the index.
extension Lookup {
    /// The image of this build in the registry.
    struct Saved {
        let cacheImage: ImageReference
        /// `sha256:…`; nil if neither the registry nor docker reports it.
        let digest: String?
        /// Nil if the registry was not queried, or did not answer.
        var manifest: FetchedManifest?
        /// Nil if it is not signed.
        var signature: Signed?

        /// Whether the name belongs to another image of the same key, which the registry keeps.
        var isOthers = false

        var registered: LookupResult.Registered {
            if isOthers { return .withheld }
            return manifest.map { .shown($0) } ?? .promised(digest.flatMap(Digest.init))
        }
    }

    /// The result of saving an image.
    enum Saving {
        /// The lookup uses the image that it has built. Nil if that is not in the registry.
        case own(Saved?)
        /// Another agent saved the image of the key first, and this lookup uses that.
        case taken(LookupResult)
    }

    /// Whether a finished build may be saved, because it matches its key.
    enum Permission {
        case yes
        /// Saving is disabled, or the image may not match its key. A warning gives the reason in the latter case.
        case no
        /// The image matches another key.
        case underOtherKey(ComputedKey)
    }

    func mayBeSaved(
        _ computed: ComputedKey,
        _ builder: UsedBuilder,
        _ evidence: BuildEvidence
    ) async throws -> Permission {
        // For unreadable inputs, a warning has been logged already.
        guard cache.saves, computed.obstacle == nil else { return .no }
        var obstacle = SaveObstacle.first(computed, builtWith: builder)
        if obstacle == nil {
            do {
                switch try await keys.baseImages(of: computed, in: evidence) {
                case .asExpected: obstacle = try await changedInputs(computed)
                case .otherKey(let other): return .underOtherKey(other)
                case .moved(let names): obstacle = .baseImagesMoved(names)
                case .unknown(let names): obstacle = .unknownBaseImages(names)
                }
            } catch let error as InputError {
                obstacle = .inputsUnreadable(reason: "\(error)")
            }
        }
        guard let obstacle else { return .yes }
        surroundings.log.warning("\(obstacle)")
        return .no
    }

    private func changedInputs(_ computed: ComputedKey) async throws -> SaveObstacle? {
        let moved = try await keys.movedRemoteSources(computed)
        guard moved.isEmpty else { return .remoteSourcesMoved(moved) }
        do {
            return try keys.isStillTrue(computed) ? nil : .inputsChanged
        } catch {
            return .inputsUnreadable(reason: "\(error)")
        }
    }

    /// Saves the built image, unless another agent's image is used.
    func save(
        _ computed: ComputedKey,
        _ image: ImageDetails,
        _ cause: BuildCause,
        builtAt: Int64
    ) async throws -> Saving {
        let saving = try await push(computed, image, cause, builtAt: builtAt)
        // The entry is the other image's. With one for the built image, another step could use it before it is removed.
        guard case .own(let saved) = saving else { return saving }
        save(
            computed.key,
            cache.place,
            localImage: image.id,
            sizeBytes: image.size,
            saved: saved,
            signature: saved?.signature,
            builtAt: builtAt,
            buildMilliseconds: trace.milliseconds(.build),
            hits: 0
        )
        return saving
    }

    /// Pushes the image, and moves the fallback tag to it.
    private func push(
        _ computed: ComputedKey,
        _ image: ImageDetails,
        _ cause: BuildCause,
        builtAt: Int64
    ) async throws -> Saving {
        guard let first = try cache.place.cacheImage(computed.key), let registry = home.registry else {
            return .own(nil)
        }
        surroundings.output.group(.folded, "Saving \(first)")
        if cause.registry == .silent {
            guard !cache.failsOnError else { throw RegistrySilence(repository: registry.repository) }
            surroundings.log.warning("The image is not saved as \(first): its registry still does not answer.")
            return .own(nil)
        }
        return try await trace.measure(.save) { () async throws -> Saving in
            do {
                let name: ImageReference
                switch try await push(image, computed, registry, cause) {
                case .pushed(let reference): name = reference
                case .taken(let result): return .taken(result)
                case .refused: return .own(nil)
                }
                let shown = await shown(name, registry, computed.circumstances.platforms.target)
                // The registry does not move tags, or another agent has just pushed the same key.
                if let shown, !shown.identifiers.contains(image.id) {
                    if let taken = try await savedMeanwhile(computed, cause) { return .taken(taken) }
                    return .own(Saved(cacheImage: name, digest: nil, isOthers: true))
                }
                let signature = try await sign(computed, image, shown, builtAt: builtAt, registry)
                let isNew = isNewInRegistry(shown, computed.key, cause)
                try await recordingInRegistry(computed, isNew ? shown : nil, builtAt: builtAt, registry) {
                    try await moveFallback(to: shown?.named, image, registry)
                    await maintain(registry)
                }
                guard let shown else {
                    let known = try await daemon.inspectImage(image.id)?.digest(in: name.repository)
                    return .own(Saved(cacheImage: name, digest: known))
                }
                return .own(
                    Saved(
                        cacheImage: name,
                        digest: shown.named.digest.description,
                        manifest: shown.named,
                        signature: signature
                    )
                )
            } catch let error as SignaturesRefused {
                throw error
            } catch {
                try Task.checkCancellation()
                guard !cache.failsOnError else { throw error }
                surroundings.log.warning(
                    "The image could not be saved as \(first): \(error) The step uses the local image."
                )
                return .own(nil)
            }
        }
    }

    /// The result of pushing an image under a key's tags.
    private enum Pushed {
        /// The name of the image, or of another agent's image of the same key.
        case pushed(ImageReference)
        /// See ``Saving/taken(_:)``.
        case taken(LookupResult)
        /// There is no tag for it. A warning gives the reason.
        case refused
    }

    /// Pushes the image under the key's tag.
    ///
    /// If the registry has that tag and does not move tags, nothing more is needed: another agent pushed an image that
    /// matches the same key. But if that image has expired, it is deleted, or the new image gets a separate tag;
    /// otherwise every lookup would build again. The same applies to an image without a valid signature, except that
    /// nothing is deleted if signatures are required: the tag may belong to another image, or to one that another agent
    /// has signed meanwhile. If another agent has replaced the image during the push, that one is used.
    private func push(
        _ image: ImageDetails,
        _ computed: ComputedKey,
        _ registry: any LookupRegistry,
        _ cause: BuildCause
    ) async throws -> Pushed {
        let key = computed.key
        guard let first = try cache.place.cacheImage(key) else { return .refused }
        if try await push(image.id, first, to: registry) == .pushed { return .pushed(first) }
        let hasExpired = cause.startsAnew(maximumAge: cache.maximumAge)
        let isUnsigned = cause.reason == .unverified && policy(at: cache.place) != nil && keyring.signing != nil
        guard hasExpired || isUnsigned else {
            surroundings.output.line("The registry has \(first) already, and keeps it.")
            return .pushed(first)
        }
        if let taken = try await savedMeanwhile(computed, cause) { return .taken(taken) }
        if hasExpired, policy(at: cache.place) == nil,
            await deletedExpired(first, key, registry, computed.circumstances.platforms.target)
        {
            if try await push(image.id, first, to: registry) == .pushed { return .pushed(first) }
            if let taken = try await savedMeanwhile(computed, cause) { return .taken(taken) }
        }
        var revision = 1
        while hasExpired || revision <= Self.mostUnsigned,
            let next = try cache.place.cacheImage(key, revision: revision)
        {
            if try await registry.digest(of: next) == nil,
                try await push(image.id, next, to: registry) == .pushed
            {
                surroundings.output.line("\(first) may not be used and cannot be replaced; the new image is \(next).")
                return .pushed(next)
            }
            revision += 1
        }
        surroundings.log.warning(
            """
            \(first) may not be used, and the registry neither lets it be replaced or deleted nor has room for another \
            tag. Delete it, shorten the option tag, or allow tags to be overwritten.
            """
        )
        return .refused
    }

    /// - Parameter image: the image's id in the daemon
    func push(
        _ image: String,
        _ reference: ImageReference,
        to registry: any LookupRegistry
    ) async throws -> DockerClient.PushResult {
        let limit = cache.transfers.push(afterBuildOf: trace.milliseconds(.build))
        return try await registry.push(image, as: reference, limit: limit)
    }

    /// Deletes the image that a tag names, if that image has expired. Returns false if the tag still exists.
    private func deletedExpired(
        _ cacheImage: ImageReference,
        _ key: Key,
        _ registry: any LookupRegistry,
        _ platform: Platform
    ) async -> Bool {
        do {
            guard let image = try await registry.find(cacheImage, platform: platform) else { return true }
            switch judge(image.configuration, key, maximumAge: cache.maximumAge) {
            // An image without a build time may be the expired one.
            case .expired, .hit(nil): return try await registry.delete(cacheImage, naming: image.named.digest)
            case .hit, .wrongImage: return false
            }
        } catch {
            surroundings.output.line("\(cacheImage) may not be used and could not be deleted: \(error)")
            return false
        }
    }

    /// The image that the registry shows under the pushed name; nil if the query fails.
    private func shown(
        _ cacheImage: ImageReference,
        _ registry: any LookupRegistry,
        _ platform: Platform
    ) async -> RegistryImage? {
        do {
            return try await registry.find(cacheImage, platform: platform)
        } catch {
            surroundings.log.warning("The registry does not show \(cacheImage), which was pushed just now: \(error)")
            return nil
        }
    }

    /// Moves the fallback tag to the pushed image: with one request, or with a push if the registry refuses that.
    private func moveFallback(
        to manifest: FetchedManifest?,
        _ image: ImageDetails,
        _ registry: any LookupRegistry
    ) async throws {
        guard let fallback = try cache.place.fallbackImage() else { return }
        if let manifest {
            do {
                return try await registry.move(fallback, to: manifest)
            } catch {
                guard (error as? RegistryError)?.reason != .immutableTag else { return warn(fallback, "\(error)") }
                surroundings.log.debug("\(fallback) could not be moved, and is pushed: \(error)")
            }
        }
        do {
            guard try await push(image.id, fallback, to: registry) == .tagIsImmutable else { return }
            warn(
                fallback,
                "the registry moves no tags. Exempt it from immutability, or name another with fallback-tag."
            )
        } catch {
            try Task.checkCancellation()
            warn(fallback, "\(error)")
        }
    }

    private func maintain(_ registry: any LookupRegistry) async {
        do {
            try await registry.maintain()
        } catch {
            surroundings.log.warning("The image is saved, but: \(error)")
        }
    }

    private func warn(_ fallback: ImageReference, _ why: String) {
        surroundings.log.warning("The image is saved, but \(fallback) could not be moved to it: \(why)")
    }
}
