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
enum LookupSession {
    /// Reads and checks the options, does the lookup and prints its last line.
    ///
    /// - Parameter exports: the file for the step's variables, as lines for a shell to evaluate; nil for none
    static func run(
        _ options: OptionValues,
        exports: String?,
        _ surroundings: Surroundings
    ) async throws -> LookupResult {
        let telemetry = LookupTelemetry(surroundings)
        do {
            let result = try await lookUp(options, exports: exports, telemetry, surroundings)
            await telemetry.report()
            return result
        } catch {
            await telemetry.report()
            throw error
        }
    }

    private static func lookUp(
        _ options: OptionValues,
        exports: String?,
        _ telemetry: LookupTelemetry,
        _ surroundings: Surroundings
    ) async throws -> LookupResult {
        var cache = try CacheConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        let inputs = try InputConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        let keyring = try cache.signatures.keys { path in
            let full = surroundings.workingDirectory.pushing(FilePath(path))
            return String(decoding: try Data(contentsOf: URL(filePath: full.string)), as: UTF8.self)
        }
        let annotates = try options.boolean(OptionTable.annotate)
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
        let docker = try DockerClient(
            environment: surroundings.environment,
            stallLimit: cache.transfers.stall,
            log: surroundings.log
        )
        let index = LookupIndex(at: path, now: surroundings.now(), log: surroundings.log)
        let job = JobVariables(environment: surroundings.environment)
        let tools = surroundings.providerTools(
            remembering: IndexMemory(
                at: index.isAvailable ? path : nil,
                mark: cache.memoryMark,
                now: surroundings.now,
                log: surroundings.log
            )
        )
        if let missing = cache.missingSecret {
            surroundings.log.warning(
                "\(missing) A pull request from another repository gets no secrets: going on without the registry."
            )
        } else {
            do throws(ProviderError) {
                try await cache.findRepositories(tools)
            } catch {
                guard !cache.failsOnError else { throw error }
                surroundings.log.warning("\(error) Going on without the registry.")
            }
            if let warning = try cache.checkRepositories(options) { surroundings.log.warning("\(warning)") }
        }
        let garbage = LookupGarbage(
            policy: cache.garbage,
            lookupAge: cache.maximumAge,
            index: index,
            docker: docker,
            surroundings: surroundings
        )
        func source(of place: CachePlace, _ access: RegistryAccess) -> LookupSource {
            LookupSource(place: place, registry: surroundings.registry(of: place, docker, tools, access))
        }
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
                    home: source(of: cache.place, access),
                    trusted: cache.trustedPlace.map { source(of: $0, access) },
                    index: index,
                    keyring: keyring,
                    job: job,
                    surroundings: surroundings
                )
                telemetry.trace = lookup.trace
                let result = try await lookup.run()
                return (result, lookup.trace.total)
            }
        } catch {
            await garbage.tidy(after: (error as? BuildFailure)?.build)
            // Users look for a failed lookup on the build's page; a cancelled job has no time for it.
            if annotates, CancellationSignal.exitStatus == nil {
                await annotate(telemetry.trace, index.opened, surroundings)
            }
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
        try await publish(result, cache, surroundings)
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
        if annotates { await annotate(telemetry.trace, index.opened, surroundings) }
        return result
    }

    /// Writes the image's reference to the build's meta-data, if requested and if the image is in the registry.
    private static func publish(
        _ result: LookupResult,
        _ cache: CacheConfiguration,
        _ surroundings: Surroundings
    ) async throws {
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

    /// Posts the annotation. A failure does not fail the step.
    private static func annotate(_ trace: LookupTrace?, _ index: Index?, _ surroundings: Surroundings) async {
        guard let event = trace?.ending?.event else { return }
        do {
            try await BuildAnnotation(surroundings).post(event, knownTo: index)
        } catch {
            surroundings.log.warning("\(error)")
        }
    }
}
