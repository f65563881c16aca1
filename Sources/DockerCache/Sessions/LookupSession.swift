import Buildkite
import Garbage
import Inputs
import Lookup
import PluginConfiguration
import Docker
import Files
import FoundationEssentials
import Host
import Images
import Logging
import Options
import Providers
import Store
import SystemPackage

/// From options to an image: the common part of `docker-cache run` and the `pre-command` hook.
struct LookupSession {
    private let options: OptionValues
    private let surroundings: Surroundings
    private let cache: CacheConfiguration
    private let inputs: InputConfiguration
    private let keyring: SignatureKeys
    private let annotates: Bool
    /// The file for the step's variables, as lines for a shell to evaluate; nil for none.
    private let exports: String?
    private let job: JobVariables
    private let index: LookupIndex
    private let memory: IndexMemory
    private let trace = LookupTrace()

    /// Reads and checks the options, does the lookup and prints its last line.
    ///
    /// - Parameter exports: the file for the step's variables, as lines for a shell to evaluate; nil for none
    static func run(
        _ options: OptionValues,
        exports: String?,
        _ surroundings: Surroundings
    ) async throws -> LookupResult {
        let telemetry = LookupTelemetry(surroundings)
        let session = try LookupSession(options, exports: exports, surroundings)
        do {
            let result = try await session.lookUp()
            await session.report(to: telemetry)
            return result
        } catch {
            await session.end(with: error)
            await session.report(to: telemetry)
            throw error
        }
    }

    private init(_ options: OptionValues, exports: String?, _ surroundings: Surroundings) throws {
        self.options = options
        self.exports = exports
        self.surroundings = surroundings
        cache = try CacheConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        inputs = try InputConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        keyring = try cache.signatures.keys { path in
            let full = surroundings.workingDirectory.pushing(FilePath(path))
            return String(decoding: try full.content(), as: UTF8.self)
        }
        annotates = try options.boolean(OptionTable.annotate)
        for option in ProviderTable.options(otherThan: cache.place.providerName) where options.has(option) {
            surroundings.log.warning(
                "The option \(options.displayName(option)) is not used by the provider \(cache.place.providerName)."
            )
        }
        let path = IndexLocation.path(
            option: try options.text(OptionTable.index),
            environment: surroundings.environment,
            home: surroundings.home
        )
        job = JobVariables(environment: surroundings.environment)
        index = LookupIndex(at: path, now: surroundings.now(), log: surroundings.log)
        memory = IndexMemory(
            at: index.isAvailable ? path : nil,
            mark: cache.memoryMark,
            now: surroundings.now,
            log: surroundings.log
        )
    }

    private func lookUp() async throws -> LookupResult {
        let docker = try DockerClient(
            environment: surroundings.environment,
            stallLimit: cache.transfers.stall,
            log: surroundings.log
        )
        let tools = surroundings.providerTools(remembering: memory)
        let garbage = LookupGarbage(
            policy: cache.garbage,
            lookupAge: cache.maximumAge,
            index: index,
            docker: docker,
            surroundings: surroundings
        )
        let result: LookupResult
        let milliseconds: Int64
        do {
            (result, milliseconds) = try await surroundings.withRegistries(of: cache.place) { [cache] access in
                let keys = KeyComputation(
                    inputs,
                    docker: docker,
                    index: index,
                    access: access,
                    maximumAge: cache.maximumAge,
                    memoryMark: cache.memoryMark,
                    surroundings: surroundings
                )
                let lookup = Lookup(
                    inputs: inputs,
                    cache: cache,
                    keys: keys,
                    daemon: docker,
                    home: LookupSource(place: cache.place, registry: nil),
                    trusted: cache.trustedPlace.map { LookupSource(place: $0, registry: nil) },
                    naming: { [options, surroundings] in
                        try await Self.named(cache, options, docker, tools, access, surroundings)
                    },
                    index: index,
                    keyring: keyring,
                    job: job,
                    trace: trace,
                    surroundings: surroundings
                )
                let result = try await lookup.run()
                return (result, trace.total)
            }
        } catch {
            await garbage.tidy(after: (error as? BuildFailure)?.build)
            throw error
        }
        let totals = index.attempt {
            try $0.statistics.totals(ofDays: 7, upTo: surroundings.now(), pipeline: job.pipeline)
        }
        if let exports {
            let variables = result.exports(imageVariable: cache.imageVariable)
            try OutputFile(exports, for: .owner).write(Array(variables.shellText.utf8))
            if let earlier = variables.replacedImage(in: surroundings.environment) {
                surroundings.log.warning(
                    """
                    The variable \(cache.imageVariable) had the image \(earlier) of an earlier use of the plugin in \
                    this step, and now has \(result.reference): the step sees this one only. Give each use another \
                    \(options.displayName(OptionTable.exportVariable)).
                    """
                )
            }
        }
        try await publish(result)
        await garbage.tidy(after: result.build)
        // A build that must not decide which images others get must not remove theirs either.
        if cache.readOnlyReason == nil { await garbage.run() }
        surroundings.output.line("Image: \(result.reference)")
        surroundings.output.line(
            LookupSummary.line(
                result,
                counted: job.pipeline ?? "this agent",
                totalMilliseconds: milliseconds,
                totals: totals
            )
        )
        if annotates { await annotate() }
        return result
    }

    /// Finds the repositories of the lookup's places, which may take a query.
    private static func named(
        _ configuration: CacheConfiguration,
        _ options: OptionValues,
        _ docker: DockerClient,
        _ tools: ProviderTools,
        _ access: RegistryAccess,
        _ surroundings: Surroundings
    ) async throws -> NamedPlaces {
        var cache = configuration
        if let missing = cache.missingSecret {
            surroundings.log.warning(
                "\(missing) A pull request from another repository gets no secrets. Continuing without the registry."
            )
        } else {
            do throws(ProviderError) {
                try await cache.findRepositories(tools)
            } catch {
                guard !cache.failsOnError else { throw error }
                surroundings.log.warning("\(error) Continuing without the registry.")
            }
            if let warning = try cache.checkRepositories(options) { surroundings.log.warning("\(warning)") }
        }
        func source(of place: CachePlace) -> LookupSource {
            LookupSource(place: place, registry: surroundings.registry(of: place, docker, tools, access))
        }
        return NamedPlaces(
            cache: cache,
            home: source(of: cache.place),
            trusted: cache.trustedPlace.map { source(of: $0) }
        )
    }

    /// Writes the image's reference to the build's meta-data, if requested and if the image is in the registry.
    private func publish(_ result: LookupResult) async throws {
        guard let name = cache.names.published, let reference = result.registryReference else { return }
        do {
            try await PublishedImage(name: name).write(reference, surroundings)
            surroundings.output.line("Published as \(name): \(reference)")
        } catch {
            try Task.checkCancellation()
            guard !cache.failsOnError else { throw error }
            surroundings.log.warning(
                "The image is not published as \(name), and later steps will not find it. \(error)"
            )
        }
    }

    /// Records that the step has no image.
    private func end(with error: any Error) async {
        LookupRecorder(trace, cache, job: job, index: index, surroundings).record(error)
        // Users look for a failed lookup on the build's page; a cancelled job has no time for it.
        if annotates, CancellationSignal.exitStatus == nil { await annotate() }
    }

    /// Posts the annotation. A failure does not fail the step.
    private func annotate() async {
        guard let event = trace.ending?.event else { return }
        do {
            try await BuildAnnotation(surroundings).post(event, knownTo: index.opened)
        } catch {
            surroundings.log.warning("\(error)")
        }
    }

    /// Sends the lookup's spans. A job waits for its hook, and its other processes go on, so that a slow server may be
    /// left to one of them.
    private func report(to telemetry: LookupTelemetry) async {
        await telemetry.report(trace, remembering: memory, mayLeave: exports != nil)
    }
}
