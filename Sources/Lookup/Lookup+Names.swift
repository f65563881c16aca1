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

/// Gives the image the names that the options add to those used for lookups.
extension Lookup {
    /// Sets `local-tags` and `tags`, and finds the reference that `publish` writes. A failure is a warning, or with
    /// `on-error: fail` an error.
    func giveNames(_ result: LookupResult, _ computed: ComputedKey) async throws -> LookupResult {
        let names = cache.names
        let inRegistry = (names.tags.isEmpty ? [] : ["tags"]) + (names.published == nil ? [] : ["publish"])
        let all = inRegistry + (names.localTags.isEmpty ? [] : ["local-tags"])
        guard !all.isEmpty else { return result }
        // A fork's image must not get a name that steps of other builds run.
        if let reason = cache.readOnlyReason {
            surroundings.output.line("Skipped: \(all.joined(separator: ", ")), because \(reason).")
            return result
        }
        if case .untrusted(let reason) = cache.trust, !names.localTags.isEmpty {
            // Trusted builds on this agent use the same names.
            surroundings.output.line(
                """
                Skipped: local-tags, because \(reason). On this agent, \(cache.image):\(names.localTags[0]) may be \
                another build's image or none. Let the step use the variable \(cache.imageVariable).
                """
            )
        } else {
            try await setLocalTags(result)
        }
        guard !inRegistry.isEmpty else { return result }
        do {
            guard let registry = home.registry else { throw NotInRegistry.noRegistry }
            return try await trace.measure(.save) { try await setTags(result, computed, in: registry) }
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.warning("Skipped: \(inRegistry.joined(separator: ", ")). \(error)")
            return result
        }
    }

    private func setLocalTags(_ result: LookupResult) async throws {
        guard let image = result.imageID, !cache.names.localTags.isEmpty else { return }
        do {
            for tag in cache.names.localTags {
                let name = try ImageReference(repository: cache.image, tag: tag)
                if !result.localNames.contains(name.description) { try await daemon.tag(image, as: name) }
            }
            surroundings.output.line("Tags in the daemon: \(cache.names.localTags.joined(separator: ", ")).")
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.warning("The image did not get all its local-tags: \(error)")
        }
    }

    private func setTags(
        _ result: LookupResult,
        _ computed: ComputedKey,
        in registry: any LookupRegistry
    ) async throws -> LookupResult {
        var result = result
        let found = try await findInRegistry(result, computed, registry)
        result.digest = found.digest.description
        result.registryReference = "\(found.repository)@\(found.digest)"
        guard let manifest = found.manifest else { return result }
        var done: [String] = []
        for tag in cache.names.tags {
            do {
                let reference = try ImageReference(repository: registry.repository, tag: tag)
                if reference != found.pushedAs { try await set(reference, to: manifest, in: registry) }
                done.append(tag)
            } catch {
                try rethrowIfFatal(error)
                surroundings.log.warning("The tag \(tag) was not set. \(error)")
            }
        }
        if !done.isEmpty {
            surroundings.output.line("Tags in \(registry.repository): \(done.joined(separator: ", ")).")
        }
        return result
    }

    /// An image that is known to be in the registry.
    private struct FoundInRegistry {
        let repository: RepositoryName
        let digest: Digest
        /// Nil if no tag needs it.
        let manifest: FetchedManifest?
        /// The name under which it was just pushed.
        var pushedAs: ImageReference?
    }

    /// Finds the image in the registry, and pushes it again if it is gone.
    private func findInRegistry(
        _ result: LookupResult,
        _ computed: ComputedKey,
        _ registry: any LookupRegistry
    ) async throws -> FoundInRegistry {
        if result.isOfTrustedBuild, let found = try await findInTrustedRegistry(result) { return found }
        let repository = registry.repository
        switch result.isOfTrustedBuild ? .withheld : result.registered {
        case .shown(let manifest):
            return FoundInRegistry(repository: repository, digest: manifest.digest, manifest: manifest)
        case .promised(let digest):
            if let digest, cache.names.tags.isEmpty, try await registry.has(digest) {
                return FoundInRegistry(repository: repository, digest: digest, manifest: nil)
            }
            if let digest, !cache.names.tags.isEmpty, let manifest = try await registry.manifest(digest) {
                return FoundInRegistry(repository: repository, digest: digest, manifest: manifest)
            }
            var cacheImage = try cache.place.cacheImage(computed.key)
            // Another image of the key, which other builds may use by now, keeps the name.
            if let name = cacheImage, try await registry.digest(of: name) != nil { cacheImage = nil }
            return try await pushAgain(result, computed, registry, under: cacheImage)
        case .withheld:
            // The configured tags do not claim that the image matches a key.
            return try await pushAgain(result, computed, registry, under: nil)
        case .absent:
            throw NotInRegistry.notSaved
        }
    }

    /// The image in the trusted registry; nil if it is not there, or if it must be in this build's own repository
    /// because it gets tags there.
    private func findInTrustedRegistry(_ result: LookupResult) async throws -> FoundInRegistry? {
        guard cache.names.tags.isEmpty, let registry = trusted?.registry else { return nil }
        switch result.registered {
        case .shown(let manifest):
            return FoundInRegistry(repository: registry.repository, digest: manifest.digest, manifest: nil)
        case .promised(let digest):
            guard let digest, try await registry.has(digest) else { return nil }
            return FoundInRegistry(repository: registry.repository, digest: digest, manifest: nil)
        case .withheld, .absent: return nil
        }
    }

    /// Pushes the image under the first name that the registry accepts.
    ///
    /// - Parameter cacheImage: the name that lookups use; nil if the image must not have it
    private func pushAgain(
        _ result: LookupResult,
        _ computed: ComputedKey,
        _ registry: any LookupRegistry,
        under cacheImage: ImageReference?
    ) async throws -> FoundInRegistry {
        guard let id = result.imageID, let image = try await daemon.inspectImage(id) else {
            throw result.isOfTrustedBuild ? NotInRegistry.notOnAgent : NotInRegistry.notSaved
        }
        if let cacheImage {
            surroundings.output.line("The registry does not have the image of \(cacheImage): pushing it.")
        }
        let tags = try cache.names.tags.map { try ImageReference(repository: registry.repository, tag: $0) }
        for name in [cacheImage].compactMap({ $0 }) + tags {
            let isPushed: Bool
            do {
                isPushed = try await push(id, name, to: registry) == .pushed
            } catch {
                if name != cacheImage { try? await removeName(name, of: image) }
                throw error
            }
            // Docker pushes by name. An image that kept the name of a tag would stay in the daemon permanently.
            if name != cacheImage { try await removeName(name, of: image) }
            guard isPushed else { continue }
            // Other jobs may push the same tag, so the tag must be checked to name this image.
            let platform = computed.circumstances.platforms.target
            guard let shown = try await registry.find(name, platform: platform), shown.identifiers.contains(id) else {
                throw NotInRegistry.notShown(name)
            }
            if name == cacheImage {
                let signature = try await signAgain(computed, image, shown, registry)
                recordSaved(id, name, shown.named.digest, computed.key, signature)
            }
            return FoundInRegistry(
                repository: registry.repository,
                digest: shown.named.digest,
                manifest: shown.named,
                pushedAs: name
            )
        }
        throw cacheImage == nil && tags.isEmpty ? NotInRegistry.notSaved : NotInRegistry.tagsTaken
    }

    /// Removes a name that the image has only for a push.
    ///
    /// - Parameter image: the image's details before the push
    private func removeName(_ name: ImageReference, of image: ImageDetails) async throws(DockerError) {
        let listed = LocalImageName.listed(name.description)
        let isWanted = image.names.contains(listed)
        guard !isWanted else { return }
        _ = try await daemon.removeName(name.description)
    }

    /// Records the image's name and digest in the registry, if the entry still promises that image.
    private func recordSaved(
        _ image: String,
        _ cacheImage: ImageReference,
        _ digest: Digest,
        _ key: Key,
        _ signature: Signed?
    ) {
        index.attempt {
            try $0.entries.recordSaved(
                key: key.description,
                scope: cache.writtenScope(cache.place),
                localImageID: image,
                cacheImage: cacheImage.description,
                registryDigest: digest.description,
                signature: signature?.text
            )
        }
    }

    /// Points a tag at the image. Succeeds if it already does, even if the registry does not move tags.
    private func set(
        _ reference: ImageReference,
        to manifest: FetchedManifest,
        in registry: any LookupRegistry
    ) async throws {
        do {
            try await registry.move(reference, to: manifest)
        } catch let error as RegistryError where error.reason == .immutableTag {
            guard try await registry.digest(of: reference) == manifest.digest else {
                throw NotInRegistry.tagTaken(reference)
            }
        }
    }
}

/// The reason why an image did not get its names in the registry.
enum NotInRegistry: Error, CustomStringConvertible {
    case noRegistry
    case notSaved
    /// The image is in the trusted repository, but not on this agent, from where it would have to be pushed to the
    /// build's own.
    case notOnAgent
    case notShown(ImageReference)
    case tagTaken(ImageReference)
    /// All tags that the image could get are taken.
    case tagsTaken

    var description: String {
        switch self {
        case .noRegistry: "It is not known which registry the image belongs to; the warning above says why."
        case .notSaved: "The image is not in the registry; the warning above says why it was not saved."
        case .notOnAgent:
            "The image is in the repository of trusted builds. To get tags in this build's own repository, it has to "
                + "be on this agent: leave out skip-pull-from-cache."
        case .notShown(let name):
            "The registry does not show this image as \(name), as which it was pushed just now. Another job may have "
                + "pushed its own: let each use other tags."
        case .tagTaken(let name):
            "\(name) is another image already, and the registry does not move tags. Use a tag that is new for each "
                + "image, or let the registry overwrite this one."
        case .tagsTaken:
            "The registry no longer has this image, and has other images under its tags, which it does not move."
        }
    }
}
