package import Inputs
package import PluginConfiguration
package import Host
import Images
import Logging
package import Buildkite
package import Docker
import Fingerprint
package import Providers
package import Store
import SystemPackage

/// One run of the plugin asking for one key: from the fingerprint to an image in the daemon.
package struct Lookup {
    package let inputs: InputConfiguration
    package let cache: CacheConfiguration
    package let docker: DockerClient
    package let index: LookupIndex
    package let surroundings: Surroundings
    package let job: JobVariables
    package let fingerprinting: Fingerprinting
    package let access: RegistryAccess
    package let tools: ProviderTools

    package let times = StageTimes()
    /// What is known so far, for the event of a lookup that fails on its way.
    package var fingerprint: Fingerprinted?
    package var outcome: Outcome = .miss
    package var reason: Reason?

    package init(
        inputs: InputConfiguration,
        cache: CacheConfiguration,
        docker: DockerClient,
        index: LookupIndex,
        access: RegistryAccess,
        tools: ProviderTools,
        job: JobVariables,
        surroundings: Surroundings
    ) {
        self.inputs = inputs
        self.cache = cache
        self.docker = docker
        self.index = index
        self.access = access
        self.tools = tools
        self.surroundings = surroundings
        self.job = job
        fingerprinting = Fingerprinting(
            inputs,
            docker: docker,
            index: index,
            access: access,
            maximumAge: cache.maximumAge,
            surroundings: surroundings
        )
    }

    /// Finds or builds the image, and records the event whatever happens.
    package mutating func run() async throws -> LookupResult {
        do {
            var result = try await find()
            if result.isHit {
                let usual = index.attempt { try $0.events.usualBuildMilliseconds(image: cache.image.description) }
                result.buildMilliseconds = (usual ?? nil) ?? result.buildMilliseconds
            }
            record(result)
            return result
        } catch {
            record(error)
            throw error
        }
    }

    private mutating func find() async throws -> LookupResult {
        surroundings.output.group(.folded, "docker-cache \(cache.image)")
        var fingerprint = try await times.measure(.fingerprint) { try await fingerprinting.fingerprint() }
        var isConfirmed = false
        while true {
            switch try await attempt(fingerprint, isConfirmed: isConfirmed) {
            case .found(let result):
                return result
            case .otherKey(let confirmed):
                surroundings.output.line("A base image is not what the index remembered, and so the key is another.")
                (fingerprint, isConfirmed) = (confirmed, true)
            }
        }
    }

    /// What came of looking for one key.
    private enum Attempt {
        case found(LookupResult)
        /// What would have been built has another key.
        case otherKey(Fingerprinted)
    }

    /// - Parameter isConfirmed: whether everybody who can be asked has been asked about the base images
    private mutating func attempt(_ fingerprint: Fingerprinted, isConfirmed: Bool) async throws -> Attempt {
        self.fingerprint = fingerprint
        surroundings.output.line(fingerprint.summary)
        for notice in fingerprint.notices { surroundings.output.line(notice) }
        remember(fingerprint)
        if let reason = cache.readOnlyReason {
            surroundings.output.line("Nothing is saved, because \(reason). The option read-only decides.")
        }
        try Task.checkCancellation()

        let (key, platform) = (fingerprint.key, fingerprint.circumstances.platform)
        let entry = findEntry(key)
        var next = try await takeFromAgent(key, entry)
        if case .take(let hit) = next { return .found(hit) }

        // Whoever builds without asking has nothing to gain from what another builds.
        let lock =
            outcome == .bypassed ? nil : try await times.measure(.wait) { try await waitForLock(key) }
        defer { lock?.release() }
        // Whoever held the lock may have built just what is needed.
        let current = findEntry(key)
        if current != entry { next = try await takeFromAgent(key, current) }

        var registry = try await cacheRegistry()
        switch next {
        case .take(let hit): return .found(hit)
        case .askRegistry:
            if let hit = try await takeFromRegistry(key, &registry, platform: platform) { return .found(hit) }
        case .pull(let entry):
            if let hit = try await takePromised(entry, for: key, &registry) { return .found(hit) }
        case .build: break
        }
        try Task.checkCancellation()
        if !isConfirmed {
            let pulls = startsAnew
            let confirmed = try await times.measure(.fingerprint) {
                try await fingerprinting.confirming(fingerprint, pulls: pulls)
            }
            if let confirmed { return .otherKey(confirmed) }
        }
        explainMiss(fingerprint)
        return .found(try await build(fingerprint, replacing: current, &registry))
    }

    /// Nil for a provider without a registry, or where it could not be found out which one is meant.
    private func cacheRegistry() async throws -> CacheRegistry? {
        guard let repository = cache.repository else { return nil }
        return try await CacheRegistry(
            provider: cache.provider,
            repository: repository,
            docker: docker,
            access: access,
            tools: tools,
            progress: surroundings.output.descriptor
        )
    }

    private func findEntry(_ key: Key) -> Entry? {
        index.attempt { try $0.entries.find(key: key.description, scope: cache.scope) } ?? nil
    }

    /// What to do with a key after the agent has been looked at.
    private enum Next {
        case take(LookupResult)
        case askRegistry
        case pull(Entry)
        case build
    }

    /// Takes the image if the index promises it, and it is where the index says. Otherwise notes what that makes of
    /// this lookup.
    private mutating func takeFromAgent(_ key: Key, _ entry: Entry?) async throws -> Next {
        let decision = LookupDecision.first(
            entry: entry,
            hasIndex: index.isAvailable,
            policy: cache.policy,
            now: surroundings.now()
        )
        guard case .verify(let entry) = decision else { return follow(decision, key) }
        let reference = try cache.localImage(key)
        let named = try await times.measure(.lookup) { try await docker.inspectImage(reference.description) }
        let found = named == nil ? try await withoutName(entry) : named
        // Somebody may be removing the image: what counts is that the promise still held when the use was noted.
        guard let image = found, LookupDecision.isPromised(image, by: entry),
            recordUse(entry, localImageID: image.id),
            named != nil ? true : try await giveBack(reference, to: image)
        else { return follow(LookupDecision.withoutLocalImage(entry, policy: cache.policy), key) }
        return .take(hit(entry, key, .localHit, image: reference, imageID: image.id, imageBytes: image.size))
    }

    /// The promised image, which somebody took its name away from: it may be there by another one.
    private func withoutName(_ entry: Entry) async throws -> ImageDetails? {
        guard let id = entry.localImageID else { return nil }
        return try await docker.inspectImage(id)
    }

    /// Gives the image its name again. False if it is gone by now.
    private func giveBack(_ reference: ImageReference, to image: ImageDetails) async throws -> Bool {
        do {
            try await docker.tag(image.id, as: reference)
            surroundings.output.line("\(reference) had lost its name, and has it again.")
            return true
        } catch DockerError.failed {
            return false
        }
    }

    private mutating func follow(_ decision: LookupDecision, _ key: Key) -> Next {
        switch decision {
        case .build(let outcome, let reason):
            (self.outcome, self.reason) = (outcome, reason)
            return .build
        case .askRegistry(let reason):
            (outcome, self.reason) = (.miss, reason)
            return .askRegistry
        case .pull(let entry), .verify(let entry):
            (outcome, reason) = (.miss, .imageGone)
            return .pull(entry)
        case .trust(let entry):
            guard let cacheImage = entry.cacheImage.flatMap(ImageReference.init) else {
                (outcome, reason) = (.miss, .imageGone)
                return .build
            }
            _ = recordUse(entry, localImageID: nil)
            return .take(
                hit(
                    entry,
                    key,
                    .registryHit,
                    image: cacheImage,
                    imageID: entry.localImageID,
                    imageBytes: entry.sizeBytes
                )
            )
        }
    }

    /// Whether the entry was there, with that image. An index that fails now has told the truth a moment ago.
    private func recordUse(_ entry: Entry, localImageID: String?) -> Bool {
        index.attempt {
            try $0.entries.recordUse(
                key: entry.key,
                scope: entry.scope,
                localImageID: localImageID,
                now: surroundings.now()
            )
        } ?? true
    }

    private mutating func hit(
        _ entry: Entry,
        _ key: Key,
        _ outcome: Outcome,
        image: ImageReference,
        imageID: String?,
        imageBytes: Int64?
    ) -> LookupResult {
        (self.outcome, reason) = (outcome, nil)
        return LookupResult(
            outcome: outcome,
            reason: nil,
            key: key,
            image: image,
            digest: entry.registryDigest,
            imageID: imageID,
            imageBytes: imageBytes,
            buildMilliseconds: entry.buildMilliseconds
        )
    }
}
