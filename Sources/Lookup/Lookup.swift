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

/// One run of the plugin for one key, from the inputs to an image in the daemon.
///
/// Each step returns its findings, and ``LookupDecision`` decides how to continue. The only state in between is the
/// trace for the event.
package struct Lookup {
    package let inputs: InputConfiguration
    package let keys: any LookupKeys
    package let daemon: any LookupDaemon
    private var places: NamedPlaces
    /// Finds the repositories of the places, which may take a query; nil if they are known.
    private let naming: (@Sendable () async throws -> NamedPlaces)?
    package let index: LookupIndex
    /// The key that signs saved images, and the keys that verify signatures.
    package let keyring: SignatureKeys
    package let job: JobVariables
    package let surroundings: Surroundings
    package let trace: LookupTrace

    package var cache: CacheConfiguration { places.cache }
    /// The place of this build's images.
    package var home: LookupSource { places.home }
    /// The trusted place, which an untrusted build searches first and never writes to; nil for every other build.
    package var trusted: LookupSource? { places.trusted }
    /// The places of the image, in search order.
    var sources: [LookupSource] { places.sources }

    /// - Parameters:
    ///   - cache, home, trusted: as far as they are known
    ///   - naming: finds the rest while the key is computed; nil if there is none
    package init(
        inputs: InputConfiguration,
        cache: CacheConfiguration,
        keys: any LookupKeys,
        daemon: any LookupDaemon,
        home: LookupSource,
        trusted: LookupSource? = nil,
        naming: (@Sendable () async throws -> NamedPlaces)? = nil,
        index: LookupIndex,
        keyring: SignatureKeys = .none,
        job: JobVariables,
        trace: LookupTrace = LookupTrace(),
        surroundings: Surroundings
    ) {
        self.inputs = inputs
        self.keys = keys
        self.daemon = daemon
        places = NamedPlaces(cache: cache, home: home, trusted: trusted)
        self.naming = naming
        self.index = index
        self.keyring = keyring
        self.job = job
        self.trace = trace
        self.surroundings = surroundings
    }

    /// Finds or builds the image, and records the event whatever happens.
    package func run() async throws -> LookupResult {
        let recorder = LookupRecorder(trace, cache, job: job, index: index, surroundings)
        do {
            let result = try await find()
            recorder.record(result)
            return result
        } catch {
            recorder.record(error)
            throw error
        }
    }

    private func find() async throws -> LookupResult {
        surroundings.output.group(.folded, "docker-cache \(cache.image)")
        for notice in inputs.notices { surroundings.output.line(notice) }
        let naming = Task { [places, naming] in try await naming?() ?? places }
        let loggingIn = beginLogin(naming)
        func endLogin(isNeeded: Bool) async {
            loggingIn?.cancel()
            let sources = (try? await naming.value.sources) ?? []
            for source in sources { await source.registry?.endLogin(isNeeded: isNeeded) }
        }
        do {
            let result = try await withTaskCancellationHandler {
                try await findByKey(naming)
            } onCancel: {
                naming.cancel()
                loggingIn?.cancel()
            }
            await endLogin(isNeeded: true)
            return result
        } catch {
            naming.cancel()
            await endLogin(isNeeded: false)
            throw error
        }
    }

    /// - Parameter naming: finds the repositories while the key is computed
    private func findByKey(_ naming: Task<NamedPlaces, any Error>) async throws -> LookupResult {
        var named = self
        func find(_ computed: ComputedKey) async throws -> LookupResult {
            named.places = try await naming.value
            return try await named.find(computed)
        }
        do {
            return try await find(try await trace.measure(.fingerprint) { try await keys.compute() })
        } catch let error as InputError where error.isForTheBuilder {
            surroundings.log.warning(
                "\(error) The image is built without a key, used for this step and not saved."
            )
            return try await find(try await keys.standIn(for: error))
        }
    }

    /// Starts a login to the registry while the key is computed, if the index is empty: a fresh agent will need it.
    /// Otherwise returns nil.
    private func beginLogin(_ naming: Task<NamedPlaces, any Error>) -> Task<Void, Never>? {
        let isEmpty = index.attempt { try $0.entries.isEmpty } ?? true
        guard isEmpty, cache.policy.mayAskRegistry, cache.place.hasRegistry else { return nil }
        return Task { [log = surroundings.log] in
            do {
                try await naming.value.sources.first?.registry?.logIn()
            } catch {
                // The first query reports the same error.
                log.debug("The login beside the key did not succeed: \(error)")
            }
        }
    }

    /// Looks for an image by a key, and by each further key that turns out to be correct.
    private func find(_ first: ComputedKey) async throws -> LookupResult {
        var computed = first
        var sightings: Sightings?
        while true {
            switch try await find(computed, sightings) {
            case .ended(var result):
                if result.isHit, let usual = usualBuildMilliseconds() { result.buildMilliseconds = usual }
                return try await giveNames(result, computed)
            case .otherKey(let other, let seen):
                surroundings.output.line("The base images add inputs to the key, so it is computed again.")
                (computed, sightings) = (other, seen)
            }
        }
    }

    /// The state of the base images before a build.
    typealias Sightings = [BaseImageQuestion: BaseImageSighting]

    /// The result of the search for one key.
    enum Ending {
        case ended(LookupResult)
        /// Another key is correct, because of the existing base images or those that a build used.
        case otherKey(ComputedKey, Sightings)
    }

    /// - Parameter sightings: nil if the base images have not been queried yet
    private func find(_ computed: ComputedKey, _ sightings: Sightings?) async throws -> Ending {
        guard computed.obstacle == nil else {
            trace.reason = .inputsUnreadable
            return try await build(computed, [:], because: BuildCause(.inputsUnreadable), replacing: nil)
        }
        trace.computed = computed
        announce(computed)
        try Task.checkCancellation()

        var views = try await lookOnAgent(computed, since: [])
        if let view = views.last, let result = view.result {
            remember(computed)
            return .ended(result.from(view.source, trusted))
        }

        let mayShareWork = views.contains { $0.next.mayShareWork }
        let lock = mayShareWork ? try await waitForLock(computed.key) : nil
        if let lock { trace.onStage = { lock.leave(StageNote(stage: $0, since: surroundings.now()).text) } }
        defer {
            trace.onStage = nil
            lock?.release(removesFile: true)
        }
        // The previous holder of the lock may have built the image.
        views = try await lookOnAgent(computed, since: views)
        switch try await lookInRegistries(computed, views) {
        case .take(let result):
            remember(computed)
            return .ended(result)
        case .build(let cause):
            trace.reason = cause.reason
            try Task.checkCancellation()
            let reading = readNewestRecord(cause, computed.key)
            defer { reading?.cancel() }
            var known = sightings ?? [:]
            if sightings == nil {
                let confirmed = try await confirm(computed, cause)
                known = confirmed.sightings
                if let other = confirmed.other { return .otherKey(other, known) }
            }
            remember(computed)
            explainMiss(computed, cause, newest: await newest(reading))
            return try await build(computed, known, because: cause, replacing: views.last?.entry)
        }
    }

    private func announce(_ computed: ComputedKey) {
        surroundings.output.line(computed.summary)
        for notice in computed.notices { surroundings.output.line(notice) }
        if let reason = cache.readOnlyReason {
            surroundings.output.line("Nothing is saved, because \(reason). Set read-only to change this.")
        } else if case .untrusted(let reason) = cache.trust {
            let place = home.registry.map { "in \($0.repository)" } ?? "for untrusted builds alone"
            surroundings.output.line("Images are saved \(place), because \(reason).")
            if cache.ignoresLimits {
                surroundings.output.line("For the same reason, the limits of the option gc are not used.")
            }
        }
    }

    private func confirm(_ computed: ComputedKey, _ cause: BuildCause) async throws -> ConfirmedKey {
        try await trace.measure(.fingerprint) {
            try await keys.confirming(
                computed,
                pulls: cause.startsAnew(maximumAge: cache.maximumAge) || isToldToPull
            )
        }
    }
}
