import Files
package import Buildkite
import Docker
import Fingerprint
package import Host
import Images
import Inputs
import Logging
package import PluginConfiguration
import Store

/// One run of the plugin asking for one key: from the inputs to an image in the daemon.
///
/// Every step returns what it found, ``LookupDecision`` says what comes of it, and nothing is remembered in between
/// but the trace for the event.
package struct Lookup {
    package let inputs: InputConfiguration
    package let cache: CacheConfiguration
    package let keys: any LookupKeys
    package let daemon: any LookupDaemon
    /// Nil for a provider without a registry, or where it could not be found out which one is meant.
    package let registry: (any LookupRegistry)?
    package let index: LookupIndex
    package let job: JobVariables
    package let surroundings: Surroundings
    package let trace = LookupTrace()

    package init(
        inputs: InputConfiguration,
        cache: CacheConfiguration,
        keys: any LookupKeys,
        daemon: any LookupDaemon,
        registry: (any LookupRegistry)?,
        index: LookupIndex,
        job: JobVariables,
        surroundings: Surroundings
    ) {
        self.inputs = inputs
        self.cache = cache
        self.keys = keys
        self.daemon = daemon
        self.registry = registry
        self.index = index
        self.job = job
        self.surroundings = surroundings
    }

    /// Finds or builds the image, and records the event whatever happens.
    package func run() async throws -> LookupResult {
        do {
            let result = try await find()
            record(result)
            return result
        } catch {
            record(error)
            throw error
        }
    }

    private func find() async throws -> LookupResult {
        surroundings.output.group(.folded, "docker-cache \(cache.image)")
        var computed = try await trace.measure(.fingerprint) { try await keys.compute() }
        var isConfirmed = false
        while true {
            switch try await find(computed, isConfirmed: isConfirmed) {
            case .ended(var result):
                if result.isHit, let usual = usualBuildMilliseconds() { result.buildMilliseconds = usual }
                return result
            case .otherKey(let confirmed):
                surroundings.output.line("A base image is not what the index remembered, and so the key is another.")
                (computed, isConfirmed) = (confirmed, true)
            }
        }
    }

    /// What came of looking for one key.
    private enum Ending {
        case ended(LookupResult)
        /// What would have been built has another key.
        case otherKey(ComputedKey)
    }

    /// - Parameter isConfirmed: whether everybody who can be asked has been asked about the base images
    private func find(_ computed: ComputedKey, isConfirmed: Bool) async throws -> Ending {
        trace.computed = computed
        announce(computed)
        try Task.checkCancellation()

        let entry = findEntry(computed.key)
        var next = try await lookOnAgent(computed.key, entry)
        if case .decided(.take(let result)) = next { return .ended(result) }

        let lock = next.mayShareWork ? try await trace.measure(.wait) { try await waitForLock(computed.key) } : nil
        defer { lock?.release(removesFile: true) }
        // Who held the lock may have built just what is needed.
        let current = findEntry(computed.key)
        if current != entry { next = try await lookOnAgent(computed.key, current) }

        switch try await lookInRegistry(computed, next) {
        case .take(let result):
            return .ended(result)
        case .build(let cause):
            trace.reason = cause.reason
            try Task.checkCancellation()
            if !isConfirmed, let confirmed = try await confirm(computed, cause) { return .otherKey(confirmed) }
            explainMiss(computed, cause)
            return .ended(try await build(computed, because: cause, replacing: current))
        }
    }

    private func announce(_ computed: ComputedKey) {
        surroundings.output.line(computed.summary)
        for notice in computed.notices { surroundings.output.line(notice) }
        remember(computed)
        if let reason = cache.readOnlyReason {
            surroundings.output.line("Nothing is saved, because \(reason). The option read-only decides.")
        }
    }

    /// Whether another key is right, now that everybody was asked about the base images.
    private func confirm(_ computed: ComputedKey, _ cause: BuildCause) async throws -> ComputedKey? {
        try await trace.measure(.fingerprint) {
            try await keys.confirming(computed, pulls: cause.startsAnew(maximumAge: cache.maximumAge))
        }
    }
}
