import Buildkite
import Fingerprint
import Host
import Images
import Inputs
import Logging
import PluginConfiguration
import Providers
import Registry
import Store

/// Records of images in the registry, for messages: written after a push, and read during a pull or before a build.
extension Lookup {
    // MARK: Writing

    /// The record of a pushed image, and its reference. Returns nil if it could not be created.
    private func newRecord(
        _ computed: ComputedKey,
        _ shown: RegistryImage,
        builtAt: Int64
    ) -> (artifact: Artifact, place: ImageReference)? {
        let digest = shown.named.digest
        do {
            guard let place = try cache.place.artifact(.record, of: digest) else { return nil }
            let record = ImageRecord(
                image: cache.image.description,
                key: computed.key,
                digest: digest,
                platform: computed.circumstances.platforms.target,
                builtAt: builtAt,
                buildMilliseconds: trace.milliseconds(.build),
                imageBytes: shown.manifest.layerBytes,
                job: job,
                keyRecord: computed.record
            )
            return (try record.artifact, place)
        } catch {
            surroundings.log.debug("\(digest) gets no record: \(error)")
            return nil
        }
    }

    /// Whether the pushed image has no record yet, according to the index. The same digest means the same bytes, and
    /// the first build has recorded their cost. Sends no request.
    func isNewInRegistry(_ shown: RegistryImage?, _ key: Key, _ cause: BuildCause) -> Bool {
        // If the registry lost the image, it may have lost the record too.
        guard let shown, cause.reason != .imageGone else { return true }
        return findEntry(key, cache.place)?.registryDigest != shown.named.digest.description
    }

    /// Stores the record of an image in the registry while `body` runs.
    ///
    /// Throws ``SignaturesRefused`` if the registry accepts no artifacts, so that images there are never signed
    /// although this build needs signatures.
    func recordingInRegistry<Result>(
        _ computed: ComputedKey,
        _ shown: RegistryImage?,
        builtAt: Int64,
        _ registry: any LookupRegistry,
        _ body: () async throws -> Result
    ) async throws -> Result {
        guard let shown, let (artifact, place) = newRecord(computed, shown, builtAt: builtAt) else {
            return try await body()
        }
        let remembersRefusal = !needsOthersSignatures
        let writing = Task { try await registry.put(artifact, as: place, remembersRefusal: remembersRefusal) }
        return try await withTaskCancellationHandler {
            let result = try await body()
            switch await writing.result {
            case .success(.kept), .success(.keptEarlier), .success(.refusedBefore): break
            case .success(.refused(let error)):
                if needsOthersSignatures, error.saysThatArtifactsAreNotKept {
                    throw SignaturesRefused(repository: registry.repository, reason: error)
                }
                surroundings.output.line(
                    """
                    The registry keeps no records beside images, so other agents cannot say what a hit saved or what \
                    changed: \(error)
                    """
                )
            case .failure(let error):
                try Task.checkCancellation()
                surroundings.output.line("The image is saved, but not its record: \(error)")
            }
            return result
        } onCancel: {
            writing.cancel()
        }
    }

    // MARK: Reading

    /// Starts to read the record of the newest build in the registry. Returns nil if no explanation needs it: an
    /// earlier lookup on this agent is a better source, and costs nothing.
    func readNewestRecord(_ cause: BuildCause, _ key: Key) -> Task<ImageRecord?, Never>? {
        guard [.newKey, .indexUnavailable].contains(cause.reason), cache.policy.asksRegistry,
            previousRecord(of: key) == nil, let place = sources.first?.place, let registry = sources.first?.registry
        else { return nil }
        let log = surroundings.log
        return Task {
            do {
                guard let fallback = try place.fallbackImage(),
                    let digest = try await registry.digest(of: fallback, isOptional: true)
                else { return nil }
                return await Self.record(of: digest, place, registry, log)
            } catch {
                log.debug("The newest image in the registry is not known: \(error)")
                return nil
            }
        }
    }

    /// The result of ``readNewestRecord(_:_:)``, if it does not delay the build for long.
    func newest(_ reading: Task<ImageRecord?, Never>?) async -> ImageRecord? {
        guard let reading else { return nil }
        let limit = Task {
            try await Task.sleep(for: Self.patience)
            reading.cancel()
        }
        defer { limit.cancel() }
        return await reading.value
    }

    /// How long an explanation may delay a build that may take minutes.
    private static let patience = Duration.seconds(1)

    /// Starts to read the record of an image, concurrently with other work.
    func readRecord(
        of digest: Digest,
        _ place: CachePlace,
        _ registry: any LookupRegistry
    ) -> Task<ImageRecord?, Never> {
        let log = surroundings.log
        return Task { await Self.record(of: digest, place, registry, log) }
    }

    /// The record of an image; nil if there is none, or if it belongs to another image.
    private static func record(
        of digest: Digest,
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        _ log: Logger
    ) async -> ImageRecord? {
        do {
            guard let recordImage = try place.artifact(.record, of: digest),
                let content = try await registry.artifact(recordImage, type: ImageRecord.type, limit: ImageRecord.limit)
            else { return nil }
            let record = ImageRecord(content, of: digest)
            guard let record, record.image == place.image.description else {
                log.debug("\(recordImage) is not the record of \(place.image).")
                return nil
            }
            return record
        } catch {
            log.debug("The record of \(digest) could not be read: \(error)")
            return nil
        }
    }
}
