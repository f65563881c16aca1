import Images
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
    var fingerprint: Fingerprinted?
    var outcome: Outcome = .miss
    var reason: Reason?

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
        if let notice = fingerprint.notice { surroundings.output.line(notice) }
        try Task.checkCancellation()

        let entry = findEntry(fingerprint.key)
        if let hit = try await takeFromDaemon(fingerprint.key, entry) { return hit }

        // Whoever builds without asking has nothing to gain from what another builds.
        let lock =
            outcome == .bypassed
            ? nil : try await times.measure(.wait) { try await waitForLock(fingerprint.key) }
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
        try Task.checkCancellation()
        return try await build(fingerprint, replacing: current, &registry)
    }

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
}
