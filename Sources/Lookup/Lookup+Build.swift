import Buildkite
import Docker
import Fingerprint
import Formatting
import Host
import Images
package import Inputs
import Logging
import PluginConfiguration
package import Providers
package import Store
import SystemPackage

/// Building the image.
extension Lookup {
    /// - Parameter entry: what the index has for the key already
    package mutating func build(
        _ fingerprint: Fingerprinted,
        replacing entry: Entry?,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult {
        let reference = try cache.localImage(fingerprint.key)
        let why = reason.map { " (\($0.rawValue): \($0.explanation))" } ?? ""
        surroundings.output.group(.folded, "Building \(reference)\(why)")
        let capabilities = try await docker.builderCapabilities()
        let layers = try await layerPlan(fingerprint, capabilities, registry)
        if let notice = layers.notice { surroundings.output.line(notice) }
        var request = buildRequest(fingerprint, reference)
        request.layerExport = layers.export
        request.layerSources = try await times.measure(.pull) { try await layerSources(layers, &registry) }
        // A build from cached layers is as old as what it replaces: its base image and packages may be.
        let builtAt = request.startsAnew ? surroundings.now() : min(surroundings.now(), entry?.builtAt ?? .max)
        request.labels = [
            (ImageAge.builtAtLabel, Timestamp.text(builtAt)), (ImageAge.keyLabel, fingerprint.key.description),
            (ImageAge.imageLabel, cache.image.description),
        ]
        let build = UsedBuilder(
            capabilities: capabilities,
            name: inputs.chosenBuilder(environment: surroundings.environment)
        )
        try await carryOut(request, with: build)
        guard let image = try await docker.inspectImage(reference.description) else {
            throw DockerError.unexpectedAnswer(
                command: "docker build",
                message: "it succeeded, but \(reference) is not in the daemon"
            )
        }
        var saved: Saved?
        if cache.saves, try await mayBeSaved(fingerprint, capabilities) {
            saved = try await push(fingerprint.key, image, &registry)
            save(
                fingerprint.key,
                localImage: image.id,
                sizeBytes: image.size,
                cacheImage: saved?.cacheImage,
                digest: saved?.digest,
                builtAt: builtAt,
                buildMilliseconds: times.milliseconds(.build)
            )
        }
        return LookupResult(
            outcome: outcome,
            reason: reason,
            key: fingerprint.key,
            image: cache.skipsPull ? saved?.cacheImage ?? reference : reference,
            digest: saved?.digest,
            imageID: image.id,
            imageBytes: image.size,
            buildMilliseconds: times.milliseconds(.build),
            build: build
        )
    }

    /// Whether nothing that is there already may go into the image: neither layers nor base images.
    package var startsAnew: Bool { outcome == .expired || cache.maximumAge == 0 }

    private func buildRequest(
        _ fingerprint: Fingerprinted,
        _ reference: ImageReference
    ) -> BuildRequest {
        var request = BuildRequest(context: inputs.context, dockerfile: inputs.dockerfile, image: reference)
        request.target = inputs.target
        request.platform = inputs.platform
        request.buildArguments = inputs.buildArguments
        request.secrets = inputs.secrets
        request.startsAnew = startsAnew
        // Pinned base images were brought just now. To fetch them anew could only bring others.
        request.pullsBases = request.startsAnew && fingerprint.circumstances.pins == nil
        request.additionalArguments = inputs.additionalArguments?.wordsWithoutPlatform ?? []
        return request
    }

    /// Builds, and throws ``BuildFailure`` if the builder fails.
    private func carryOut(_ request: BuildRequest, with build: UsedBuilder) async throws {
        let (output, builder) = (surroundings.output.descriptor, build.capabilities.builder)
        var outcome = try await times.measure(.build) {
            try await docker.build(request, with: builder, output: output)
        }
        try Task.checkCancellation()
        if outcome.status != 0, request.pullsBases {
            // A base image that is only on this agent, or whose registry is down, must not fail a step that an image
            // a day younger would not have failed.
            surroundings.log.warning(
                """
                The image has expired, and building it with fresh base images (--pull) failed with status \
                \(outcome.status). \
                Trying once more with the base images that are here.
                """
            )
            var again = request
            again.pullsBases = false
            outcome = try await times.measure(.build) {
                try await docker.build(again, with: builder, output: output)
            }
            try Task.checkCancellation()
        }
        guard outcome.status == 0 else { throw BuildFailure(status: outcome.status, build: build) }
        for line in Self.lines(of: outcome.steps) { surroundings.output.line(line) }
    }

    /// Whether buildx may build without the images of the daemon. Not known for certain: that would take asking it.
    private func isBuildElsewhere(_ builder: Builder) -> Bool {
        builder == .buildx && inputs.chosenBuilder(environment: surroundings.environment) != nil
    }

    /// Whether what was built is certainly what the key stands for.
    private func mayBeSaved(
        _ fingerprint: Fingerprinted,
        _ capabilities: BuilderCapabilities
    ) async throws -> Bool {
        let builder = capabilities.builder
        let expected = fingerprint.circumstances.builder
        let actual = ExpectedBuilder(clientMajor: capabilities.clientMajor, builder: builder)
        let isAnother = expected.map { expected in
            expected.builder.isBuildKit != builder.isBuildKit
                || fingerprint.circumstances.dialect != nil && expected.dialect != actual.dialect
        }
        // Without an expectation the key is BuildKit's.
        let isUnexpected = fingerprint.context != nil && (isAnother ?? !builder.isBuildKit)
        guard !isUnexpected else {
            surroundings.log.warning(
                """
                The builder is another than was expected, and may make another image than the key stands for. The \
                image is used for this step and not saved. See that `docker buildx version` works, or remove the plugin.
                """
            )
            return false
        }
        guard fingerprint.unknownBaseImages.isEmpty else {
            surroundings.log.warning(
                """
                Nobody knows what the base image \(fingerprint.unknownBaseImages.joined(separator: ", ")) was in this \
                build, and base-images is pin. The image is used for this step and not saved.
                """
            )
            return false
        }
        guard !fingerprint.hasOwnBaseImages || !isBuildElsewhere(builder) else {
            surroundings.log.warning(
                """
                A base image is only in this agent's daemon, and the builder that BUILDX_BUILDER or --builder \
                names may not see it there. The image is used for this step and not saved.
                """
            )
            return false
        }
        guard try await fingerprinting.arePinsStillTrue(fingerprint) else {
            surroundings.log.warning(
                """
                A base image became another while the image was being built, so it may hold either. It is used for \
                this step and not saved.
                """
            )
            return false
        }
        do {
            if try fingerprinting.isStillTrue(fingerprint) { return true }
            surroundings.log.warning(
                """
                Files that the key is made of changed while the image was being built, so it may hold either state. \
                It is used for this step and not saved.
                """
            )
        } catch {
            surroundings.log.warning(
                "What the key is made of could not be read again after the build: \(error) The image is not saved."
            )
        }
        return false
    }
}
