import Buildkite
package import Docker
package import Fingerprint
import Host
package import Images
import Logging
import PluginConfiguration
package import Providers
import Registry
import Store

/// Keeping the image for next time: in the registry and in the index.
extension Lookup {
    /// What the registry has of this build.
    package struct Saved {
        package let cacheImage: ImageReference
        /// `sha256:…`; nil if neither the registry nor docker says.
        package let digest: String?
    }

    /// Pushes the image, and moves the fallback tag to it. Nil if it is not in the registry now.
    package mutating func push(
        _ key: Key,
        _ image: ImageDetails,
        _ registry: inout CacheRegistry?
    ) async throws -> Saved? {
        guard let first = try cache.cacheImage(key), var current = registry else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Saving \(first)")
        if reason == .registryUnreachable, try await !current.answersAgain() {
            guard !cache.failsOnError else { throw RegistrySilence(repository: current.repository) }
            surroundings.log.warning("The image is not saved as \(first): its registry still does not answer.")
            return nil
        }
        return try await times.measure(.save) { () async throws -> Saved? in
            do {
                guard let cacheImage = try await push(image, key, &current) else { return nil }
                let manifest = await manifest(cacheImage, &current)
                try await moveFallback(to: manifest, image, &current)
                await maintain(current)
                let known = try await docker.inspectImage(image.id)?.digest(in: cacheImage.repository)
                return Saved(cacheImage: cacheImage, digest: manifest?.digest.description ?? known)
            } catch {
                try Task.checkCancellation()
                guard !cache.failsOnError else { throw error }
                surroundings.log.warning(
                    "The image could not be saved as \(first): \(error) The step goes on with the image it has."
                )
                return nil
            }
        }
    }

    /// Pushes the image under the key's tag.
    ///
    /// If the registry has that tag and moves none, the image is saved: somebody pushed what the same key stands for.
    /// Unless that one has expired: then it has to go, or the new one gets a tag of its own beside it, or it would be
    /// built for ever.
    private mutating func push(
        _ image: ImageDetails,
        _ key: Key,
        _ registry: inout CacheRegistry
    ) async throws -> ImageReference? {
        guard let first = try cache.cacheImage(key) else { return nil }
        if try await registry.push(image.id, as: first) == .pushed { return first }
        guard outcome == .expired || cache.maximumAge == 0 else {
            surroundings.output.line("The registry has \(first) already, and keeps it.")
            return first
        }
        if await deleted(first, registry), try await registry.push(image.id, as: first) == .pushed { return first }
        var revision = 1
        while let next = try cache.cacheImage(key, revision: revision) {
            if try await registry.digest(of: next) == nil,
                try await registry.push(image.id, as: next) == .pushed
            {
                surroundings.output.line("\(first) has expired and cannot be replaced; the new image is \(next).")
                return next
            }
            revision += 1
        }
        surroundings.log.warning(
            """
            \(first) has expired, and the registry neither lets it be replaced or deleted nor has room for another \
            tag. Delete it, shorten the option tag, or allow tags to be overwritten.
            """
        )
        return nil
    }

    private func deleted(_ cacheImage: ImageReference, _ registry: CacheRegistry) async -> Bool {
        do {
            return try await registry.delete(cacheImage)
        } catch {
            surroundings.output.line("\(cacheImage) has expired and could not be deleted: \(error)")
            return false
        }
    }

    /// What was pushed, as the registry has it; nil if it cannot be asked.
    private func manifest(
        _ cacheImage: ImageReference,
        _ registry: inout CacheRegistry
    ) async -> FetchedManifest? {
        do {
            return try await registry.manifest(cacheImage)
        } catch {
            surroundings.log.warning("The registry does not show \(cacheImage), which was pushed just now: \(error)")
            return nil
        }
    }

    /// Moves the fallback tag to what was pushed: one request, or where the registry refuses that, a push.
    private func moveFallback(
        to manifest: FetchedManifest?,
        _ image: ImageDetails,
        _ registry: inout CacheRegistry
    ) async throws {
        guard let fallback = try cache.fallbackImage() else { return }
        if let manifest {
            do throws(RegistryError) {
                return try await registry.move(fallback, to: manifest)
            } catch {
                guard error.reason != .immutableTag else { return warn(fallback, "\(error)") }
                surroundings.log.debug("\(fallback) could not be moved, and is pushed: \(error)")
            }
        }
        do {
            guard try await registry.push(image.id, as: fallback) == .tagIsImmutable else { return }
            warn(
                fallback,
                "the registry moves no tags. Exempt it from immutability, or name another with fallback-tag."
            )
        } catch {
            try Task.checkCancellation()
            warn(fallback, "\(error)")
        }
    }

    private func maintain(_ registry: CacheRegistry) async {
        do throws(ProviderError) {
            try await registry.maintain()
        } catch {
            surroundings.log.warning("The image is saved, but: \(error)")
        }
    }

    private func warn(_ fallback: ImageReference, _ why: String) {
        surroundings.log.warning("The image is saved, but \(fallback) could not be moved to it: \(why)")
    }

    /// Writes the entry that promises an image for `key`.
    ///
    /// - Parameters:
    ///   - localImage: its id in the daemon; nil if it was not brought to the agent
    ///   - cacheImage: the image in the registry; nil if it is not there
    ///   - builtAt: milliseconds since 1970
    ///   - buildMilliseconds: nil if it was not built here
    package func save(
        _ key: Key,
        localImage: String?,
        sizeBytes: Int64?,
        cacheImage: ImageReference?,
        digest: String?,
        builtAt: Int64,
        buildMilliseconds: Int64?
    ) {
        let now = surroundings.now()
        var entry = Entry(
            key: key.description,
            scope: cache.scope,
            image: cache.image.description,
            provider: cache.providerName,
            localImageID: localImage,
            cacheImage: cacheImage?.description,
            registryDigest: digest,
            sizeBytes: sizeBytes,
            builtAt: builtAt,
            createdAt: now,
            lastUsedAt: now,
            hits: outcome == .registryHit ? 1 : 0,
            pipeline: job.pipeline,
            buildMilliseconds: buildMilliseconds
        )
        index.attempt { index in
            if localImage == nil, let known = try index.entries.find(key: entry.key, scope: entry.scope),
                known.registryDigest == digest
            {
                // The daemon's image, if there is one, is of the same build.
                entry.localImageID = known.localImageID
            }
            try index.entries.save(entry)
        }
    }
}

/// A registry did not answer, and with `on-error: fail` that ends the step.
struct RegistrySilence: Error, CustomStringConvertible {
    package let repository: RepositoryName

    package var description: String {
        "The image could not be saved, because the registry of \(repository) does not answer. Check that this agent "
            + "reaches it, or let trouble with the cache be a warning: on-error: warn."
    }
}
