import Logging
import Buildkite
import Docker
import Fingerprint
import Providers
import Store
import SystemPackage

/// One run of the plugin asking for one key: from the fingerprint to an image in the daemon.
struct Lookup {
    let inputs: InputConfiguration
    let cache: CacheConfiguration
    let docker: DockerClient
    let index: LookupIndex
    let surroundings: Surroundings
    let job: JobVariables

    let times = StageTimes()
    /// What is known so far, for the event of a lookup that fails on its way.
    private(set) var fingerprint: Fingerprinted?
    private(set) var outcome: Outcome = .miss
    private(set) var reason: Reason?

    init(
        inputs: InputConfiguration,
        cache: CacheConfiguration,
        docker: DockerClient,
        index: LookupIndex,
        surroundings: Surroundings
    ) {
        self.inputs = inputs
        self.cache = cache
        self.docker = docker
        self.index = index
        self.surroundings = surroundings
        job = JobVariables(environment: surroundings.environment)
    }

    /// Finds or builds the image, and records the event whatever happens.
    mutating func run() async throws -> LookupResult {
        do {
            let result = try await find()
            record(result)
            return result
        } catch {
            record(error)
            throw error
        }
    }

    private mutating func find() async throws -> LookupResult {
        surroundings.output.group(.folded, "docker-cache \(cache.image)")
        let fingerprint = try await times.measure(.fingerprint) {
            try await Fingerprinted.compute(
                inputs,
                docker: { docker },
                index: index,
                surroundings: surroundings
            )
        }
        self.fingerprint = fingerprint
        surroundings.output.line(fingerprint.summary)

        let entry = findEntry(fingerprint.key)
        if let hit = try await takeFromDaemon(fingerprint.key, entry) { return hit }

        let lock = try await times.measure(.wait) { try await waitForLock(fingerprint.key) }
        defer { lock?.release() }
        // Whoever held the lock may have built just what is needed.
        let current = findEntry(fingerprint.key)
        if current != entry, let hit = try await takeFromDaemon(fingerprint.key, current) { return hit }

        var registry = CacheRegistry(
            provider: cache.provider,
            docker: docker,
            progress: surroundings.output.descriptor
        )
        if outcome == .miss, let hit = try await takeFromRegistry(fingerprint.key, &registry) { return hit }
        return try await build(fingerprint, &registry)
    }

    // MARK: The index and the daemon

    private func findEntry(_ key: Key) -> Entry? {
        index.attempt { try $0.entries.find(key: key.description, scope: cache.scope) } ?? nil
    }

    /// Takes the image from the agent's daemon, if the index promises it and the daemon has it. Otherwise notes what
    /// that makes of this lookup.
    private mutating func takeFromDaemon(_ key: Key, _ entry: Entry?) async throws -> LookupResult? {
        let decision = LookupDecision.first(
            entry: entry,
            hasIndex: index.isAvailable,
            restores: cache.restores,
            strategy: cache.strategy,
            maximumAge: cache.maximumAge,
            now: surroundings.now()
        )
        switch decision {
        case .build(let outcome, let reason):
            (self.outcome, self.reason) = (outcome, reason)
            return nil
        case .askRegistry(let reason):
            (outcome, self.reason) = (.miss, reason)
            return nil
        case .verify(let entry):
            let reference = try cache.localImage(key)
            let image = try await times.measure(.lookup) {
                try await docker.inspectImage(reference.description)
            }
            guard let image, LookupDecision.isPromised(image, by: entry) else {
                (outcome, reason) = (.miss, .imageGone)
                return nil
            }
            (outcome, reason) = (.localHit, nil)
            index.attempt { try $0.entries.recordUse(key: entry.key, scope: entry.scope, now: surroundings.now()) }
            return LookupResult(
                outcome: .localHit,
                reason: nil,
                key: key,
                image: reference,
                digest: entry.registryDigest,
                imageID: image.id,
                imageBytes: image.size,
                buildMilliseconds: entry.buildMilliseconds
            )
        }
    }

    // MARK: The registry

    private mutating func takeFromRegistry(
        _ key: Key,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult? {
        guard let cacheImage = try cache.cacheImage(key), var current = registry else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Looking for \(cacheImage)")
        do {
            return try await times.measure(.pull) {
                switch try await current.pull(cacheImage, platform: inputs.platform) {
                case .notInRegistry:
                    surroundings.output.line("The registry does not have it.")
                    return nil
                case .pulled:
                    return try await accept(cacheImage, for: key)
                }
            }
        } catch DockerError.daemonUnreachable(let host, let message) {
            throw DockerError.daemonUnreachable(host: host, message: message)
        } catch {
            reason = .registryUnreachable
            surroundings.log.warning("Could not ask the registry for \(cacheImage): \(error) Building without it.")
            return nil
        }
    }

    /// Judges what was pulled, and gives it the name that the step uses.
    private mutating func accept(_ cacheImage: ImageReference, for key: Key) async throws -> LookupResult? {
        guard let image = try await docker.inspectImage(cacheImage.description) else {
            throw DockerError.unexpectedAnswer(
                command: "docker pull \(cacheImage)",
                message: "it succeeded, but the image is not in the daemon"
            )
        }
        let now = surroundings.now()
        switch LookupDecision.judge(
            pulled: image,
            key: key.description,
            maximumAge: cache.maximumAge,
            now: now
        )
        {
        case .expired:
            (outcome, reason) = (.expired, .maximumAge)
            return nil
        case .wrongImage:
            reason = .wrongImage
            surroundings.log.warning(
                "\(cacheImage) was built for the key \(image.labels[ImageAge.keyLabel] ?? ""). Not using it."
            )
            return nil
        case .hit(let builtAt):
            if builtAt == nil, cache.maximumAge != nil {
                surroundings.output.line("\(cacheImage) does not say when it was built, and counts as fresh.")
            }
            let reference = try cache.localImage(key)
            try await docker.tag(image.id, as: reference)
            let digest = image.digest(in: cacheImage.repository)
            (outcome, reason) = (.registryHit, nil)
            save(
                key,
                image: image,
                cacheImage: cacheImage,
                digest: digest,
                builtAt: builtAt ?? now,
                buildMilliseconds: nil
            )
            return LookupResult(
                outcome: .registryHit,
                reason: nil,
                key: key,
                image: reference,
                digest: digest,
                imageID: image.id,
                imageBytes: image.size,
                buildMilliseconds: nil
            )
        }
    }

    // MARK: The build

    private mutating func build(
        _ fingerprint: Fingerprinted,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult {
        let reference = try cache.localImage(fingerprint.key)
        let why = reason.map { " (\($0.rawValue): \($0.explanation))" } ?? ""
        surroundings.output.group(.folded, "Building \(reference)\(why)")
        let capabilities = try await docker.builderCapabilities()
        let builtAt = surroundings.now()
        let request = try buildRequest(fingerprint, reference, capabilities, builtAt: builtAt)
        let status = try await times.measure(.build) {
            try await docker.build(request, with: capabilities.builder, output: surroundings.output.descriptor)
        }
        guard status == 0 else { throw BuildFailure(status: status) }
        guard let image = try await docker.inspectImage(reference.description) else {
            throw DockerError.unexpectedAnswer(
                command: "docker build",
                message: "it succeeded, but \(reference) is not in the daemon"
            )
        }
        var digest: String?
        if cache.saves, try await mayBeSaved(fingerprint, builder: capabilities.builder) {
            digest = try await push(fingerprint.key, image, &registry)
            save(
                fingerprint.key,
                image: image,
                cacheImage: try cache.cacheImage(fingerprint.key),
                digest: digest,
                builtAt: builtAt,
                buildMilliseconds: times.milliseconds(.build)
            )
        }
        return LookupResult(
            outcome: outcome,
            reason: reason,
            key: fingerprint.key,
            image: reference,
            digest: digest,
            imageID: image.id,
            imageBytes: image.size,
            buildMilliseconds: times.milliseconds(.build)
        )
    }

    private func buildRequest(
        _ fingerprint: Fingerprinted,
        _ reference: ImageReference,
        _ capabilities: BuilderCapabilities,
        builtAt: Int64
    ) throws -> BuildRequest {
        var request = BuildRequest(context: inputs.context, dockerfile: inputs.dockerfile, image: reference)
        request.target = inputs.target
        request.platform = inputs.platform
        request.buildArguments = inputs.buildArguments
        request.secrets = inputs.secrets
        request.labels = [
            (ImageAge.builtAtLabel, Timestamp.text(builtAt)), (ImageAge.keyLabel, fingerprint.key.description),
        ]
        request.startsAnew = outcome == .expired
        request.additionalArguments = inputs.additionalArguments?.words ?? []
        // The fallback image helps only a builder that can read, and write, inline cache metadata.
        if let fallback = try cache.fallbackImage(), capabilities.writesInlineCache {
            request.writesInlineCache = cache.saves
            if cache.strategy.takesLayers, !request.startsAnew { request.cacheFrom = [fallback] }
        }
        return request
    }

    /// Whether what was built is certainly what the key stands for.
    private func mayBeSaved(_ fingerprint: Fingerprinted, builder: Builder) async throws -> Bool {
        if !builder.isBuildKit, let ignoreFile = fingerprint.ignoreFile, ignoreFile.belongsToDockerfile {
            surroundings.log.warning(
                """
                \(ignoreFile.path) is read by BuildKit only, and this docker built without it, so the image may hold \
                what the key does not cover. It is used for this step and not saved. Install the docker-buildx plugin, \
                or unset DOCKER_BUILDKIT.
                """
            )
            return false
        }
        guard try await fingerprint.isStillTrue(inputs, index: index, surroundings: surroundings) else {
            surroundings.log.warning(
                """
                Files of the context \(inputs.context) changed while the image was being built, so it may hold either \
                state. It is used for this step and not saved.
                """
            )
            return false
        }
        return true
    }

    // MARK: Saving

    /// Pushes the image, and moves the fallback tag to it. Returns the digest in the registry, if it is there.
    private mutating func push(
        _ key: Key,
        _ image: ImageDetails,
        _ registry: inout CacheRegistry?
    ) async throws -> String? {
        guard let cacheImage = try cache.cacheImage(key), let fallback = try cache.fallbackImage(),
            var current = registry
        else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Saving \(cacheImage)")
        return await times.measure(.save) { () async -> String? in
            do {
                let digest = try await current.push(image.id, as: cacheImage)
                do {
                    _ = try await current.push(image.id, as: fallback)
                } catch {
                    surroundings.log.warning("The image is saved, but \(fallback) could not be moved to it: \(error)")
                }
                return digest
            } catch {
                surroundings.log.warning(
                    "The image could not be saved as \(cacheImage): \(error) The step goes on with the image it has."
                )
                return nil
            }
        }
    }

    private func save(
        _ key: Key,
        image: ImageDetails,
        cacheImage: ImageReference?,
        digest: String?,
        builtAt: Int64,
        buildMilliseconds: Int64?
    ) {
        let now = surroundings.now()
        let entry = Entry(
            key: key.description,
            scope: cache.scope,
            image: cache.image.description,
            provider: cache.providerName,
            localImageID: image.id,
            cacheImage: cacheImage?.description,
            registryDigest: digest,
            sizeBytes: image.size,
            builtAt: builtAt,
            createdAt: now,
            lastUsedAt: now,
            hits: outcome == .registryHit ? 1 : 0,
            pipeline: job.pipeline,
            buildMilliseconds: buildMilliseconds
        )
        index.attempt { try $0.entries.save(entry) }
    }
}
