import Options
import Buildkite
package import Docker
import Fingerprint
import Formatting
import Host
import Images
import Inputs
import Logging
import PluginConfiguration
import Store
import SystemPackage

/// Builds the image.
extension Lookup {
    /// - Parameter entry: the key's existing index entry
    func build(
        _ computed: ComputedKey,
        _ sightings: Sightings,
        because cause: BuildCause,
        replacing entry: Entry?
    ) async throws -> Ending {
        let shared = try cache.place.localImage(computed.key)
        let reason = cause.reason
        surroundings.output.group(.folded, "Building \(shared) (\(reason.rawValue): \(reason.explanation))")
        let builder = UsedBuilder(
            capabilities: try await daemon.builderCapabilities(),
            name: inputs.chosenBuilder(environment: surroundings.environment)
        )
        let layers = try await layerPlan(computed, cause, builder)
        if let notice = layers.notice { surroundings.output.line(notice) }
        var random = SystemRandomNumberGenerator()
        let temporary = try LocalImageName.temporary(shared, using: &random)
        var request = buildRequest(computed, cause, temporary)
        request.layerExport = layers.export
        if layers.hasSources {
            request.layerSources = try await trace.measure(.pull) { try await layerSources(computed, layers) }
        }
        // A build from cached layers gets the time of the image that it replaces: its base image and packages may be
        // that old.
        let builtAt = request.startsAnew ? surroundings.now() : min(surroundings.now(), entry?.builtAt ?? .max)
        request.labels = [
            (ImageAge.builtAtLabel, Timestamp.text(builtAt)), (ImageAge.keyLabel, computed.key.description),
            (ImageAge.imageLabel, cache.image.description),
        ]
        let order = BuildOrder(request: request, cause: cause, builder: builder, builtAt: builtAt, entry: entry)
        do {
            return try await carryOut(order, computed, sightings)
        } catch is VanishedImage {
            surroundings.log.warning("The image was removed as soon as it was built. Building it once more.")
        }
        do {
            return try await carryOut(order, computed, sightings)
        } catch is VanishedImage {
            throw DockerError.unexpectedAnswer(
                command: "docker build",
                message: "it succeeded twice, and each time the image was removed at once. See what removes images "
                    + "from this daemon"
            )
        }
    }

    /// The parameters of a build.
    private struct BuildOrder {
        /// Builds under a temporary name.
        let request: BuildRequest
        let cause: BuildCause
        let builder: UsedBuilder
        /// The build time in the image's label, in milliseconds since 1970.
        let builtAt: Int64
        /// The key's existing index entry.
        let entry: Entry?
    }

    /// Builds, names and saves the image.
    private func carryOut(
        _ order: BuildOrder,
        _ computed: ComputedKey,
        _ sightings: Sightings
    ) async throws -> Ending {
        let built = try await carryOut(order.request, with: order.builder)
        let image = try await lookAtBuilt(order.request.image)
        let evidence = BuildEvidence(
            sightings: sightings,
            report: built.report,
            hasPulledBases: built.hasPulledBases,
            mayBeElsewhere: order.builder.mayBeElsewhere
        )
        var result = LookupResult(
            origin: .built(order.cause.reason),
            key: computed.obstacle == nil ? computed.key : nil,
            image: order.request.image,
            digest: nil,
            imageID: image?.id,
            imageBytes: image?.size,
            buildMilliseconds: trace.milliseconds(.build),
            build: order.builder
        )
        guard let image else { return .ended(result) }
        let permission = try await mayBeSaved(computed, order.builder, evidence)
        var isSaved = false
        if case .yes = permission { isSaved = true }
        var cause = order.cause
        if isSaved, cause.registry == .silent, let registry = home.registry, try await registry.answersAgain() {
            cause = cause.withRegistryBack
        }
        if isSaved, mayHaveBeenSavedMeanwhile(cause),
            let taken = try await trace.measure(.save, { try await savedMeanwhile(computed, cause) })
        {
            return .ended(try await give(taken, insteadOf: order.request.image, built: result))
        }
        // Other steps do not know the image until it is saved, so none runs it by the temporary name that is removed.
        result.image = try await rename(
            image,
            order.request.image,
            computed.key,
            known: order.entry?.localImageID,
            isSaved: isSaved
        )
        switch permission {
        case .yes:
            let saved: Saved?
            switch try await save(computed, image, cause, builtAt: order.builtAt) {
            case .taken(let taken): return .ended(try await give(taken, insteadOf: result.image, built: result))
            case .own(let image): saved = image
            }
            result.digest = saved?.digest
            let isSigned = policy(at: cache.place) != nil
            // An image that must be signed, but has no known digest, is run from the agent.
            if cache.skipsPull, let saved, !saved.isOthers, saved.digest != nil || !isSigned {
                result.image = saved.cacheImage
                if isSigned { result.pinned = saved.digest }
            }
            result.registered = saved?.registered ?? .absent
        case .no: result.registered = .withheld
        case .underOtherKey(let other): return .otherKey(other, sightings)
        }
        return .ended(result)
    }

    /// The result of a lookup if another agent saved the image first. Removes the image built here, unless its name now
    /// belongs to the other image. No index entry has that image, so no other step uses it.
    private func give(
        _ taken: LookupResult,
        insteadOf name: ImageReference,
        built: LookupResult
    ) async throws -> LookupResult {
        do {
            if name != taken.image, let named = try await daemon.inspectImage(name.description),
                named.id == built.imageID
            {
                _ = try await daemon.removeName(name.description)
            }
        } catch {
            try noteSilence(error, "\(name) stays until gc removes it.")
        }
        var result = LookupResult(
            origin: built.origin,
            key: taken.key,
            image: taken.image,
            digest: taken.digest,
            imageID: taken.imageID,
            imageBytes: taken.imageBytes,
            buildMilliseconds: built.buildMilliseconds,
            build: built.build
        )
        result.localNames = taken.localNames
        result.registered = taken.registered
        result.pinned = taken.pinned
        return result
    }

    private func buildRequest(
        _ computed: ComputedKey,
        _ cause: BuildCause,
        _ name: ImageReference
    ) -> BuildRequest {
        var request = BuildRequest(context: inputs.context, dockerfile: inputs.dockerfile, image: name)
        request.target = inputs.target
        // A builder that the user chose may run on another machine, and its default platform may differ from the key's.
        let isChosen = inputs.chosenBuilder(environment: surroundings.environment) != nil
        request.platform = inputs.platform ?? (isChosen ? computed.circumstances.platforms.target : nil)
        request.buildArguments = inputs.buildArguments
        request.secrets = inputs.secrets
        request.startsAnew = cause.startsAnew(maximumAge: cache.maximumAge)
        // Pinned base images were just pulled. Pulling them again could only fetch different ones.
        request.pullsBases = request.startsAnew && computed.circumstances.pins == nil
        request.additionalArguments = inputs.additionalArguments?.wordsWithoutPlatform ?? []
        return request
    }

    /// The findings of a successful build.
    private struct Built {
        let report: BuildReport?
        /// Whether base images were pulled from their registries, even if the daemon had them.
        let hasPulledBases: Bool
    }

    /// Runs the builder. Throws ``BuildFailure`` if it fails.
    private func carryOut(_ request: BuildRequest, with build: UsedBuilder) async throws -> Built {
        let (output, builder) = (surroundings.output.descriptor, build.capabilities.builder)
        var request = request
        var finished = try await trace.measure(.build) {
            try await daemon.build(request, with: builder, output: output)
        }
        try Task.checkCancellation()
        if finished.status != 0, request.pullsBases {
            // A base image that exists only on this agent, or has an unreachable registry, must not fail the step: with
            // an image a day younger, the step would have succeeded.
            surroundings.log.warning(
                """
                The image has expired, and building it with fresh base images (--pull) failed with status \
                \(finished.status). \
                Trying once more with the base images that are here.
                """
            )
            request.pullsBases = false
            finished = try await trace.measure(.build) {
                try await daemon.build(request, with: builder, output: output)
            }
            try Task.checkCancellation()
        }
        guard finished.status == 0 else {
            let unknown = inputs.additionalArguments?.unknown ?? []
            throw BuildFailure(status: finished.status, build: build, unknownFlags: unknown)
        }
        return Built(report: finished.report, hasPulledBases: request.pullsBases || isToldToPull)
    }

    /// Whether the user's options pull base images in every build: `--pull` in `additional-build-args`.
    var isToldToPull: Bool { inputs.additionalArguments?.pullsBases ?? false }
}

/// A failed build. The builder's status becomes the exit status, and its output shows the reason.
package struct BuildFailure: ErrorWithExitStatus, CustomStringConvertible {
    package let status: Int32
    /// The builder, which may keep data of the failed build.
    package let build: UsedBuilder
    /// Flags of `additional-build-args` that docker-cache does not know, and docker may not know either.
    var unknownFlags: [String] = []

    package var exitStatus: Int32 { status }

    /// docker's exit status for invalid arguments.
    private static let usage: Int32 = 125

    package var description: String {
        let outcome = "The build failed with status \(status); the builder's output above says why. Nothing was saved."
        guard status == Self.usage, !unknownFlags.isEmpty else { return outcome }
        return outcome + " The option additional-build-args has \(unknownFlags.joined(separator: ", ")), which this "
            + "docker may not know: see `docker build --help`."
    }
}
