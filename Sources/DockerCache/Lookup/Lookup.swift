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
    let fingerprinting: Fingerprinting

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
        fingerprinting = Fingerprinting(
            inputs,
            docker: docker,
            index: index,
            maximumAge: cache.maximumAge,
            surroundings: surroundings
        )
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
        try Task.checkCancellation()

        let entry = findEntry(fingerprint.key)
        if let hit = try await takeFromDaemon(fingerprint.key, entry) { return .found(hit) }

        // Whoever builds without asking has nothing to gain from what another builds.
        let lock =
            outcome == .bypassed
            ? nil : try await times.measure(.wait) { try await waitForLock(fingerprint.key) }
        defer { lock?.release() }
        // Whoever held the lock may have built just what is needed.
        let current = findEntry(fingerprint.key)
        if current != entry, let hit = try await takeFromDaemon(fingerprint.key, current) { return .found(hit) }

        var registry = CacheRegistry(
            provider: cache.provider,
            docker: docker,
            progress: surroundings.output.descriptor
        )
        if outcome == .miss, let hit = try await takeFromRegistry(fingerprint.key, &registry) { return .found(hit) }
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
