import Buildkite
import Docker
import Fingerprint
import Images
import Logging
import Providers
import Store
import SystemPackage

/// Building the image.
extension Lookup {
    /// - Parameter entry: what the index has for the key already
    mutating func build(
        _ fingerprint: Fingerprinted,
        replacing entry: Entry?,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult {
        let reference = try cache.localImage(fingerprint.key)
        let why = reason.map { " (\($0.rawValue): \($0.explanation))" } ?? ""
        surroundings.output.group(.folded, "Building \(reference)\(why)")
        let capabilities = try await docker.builderCapabilities()
        var request = try buildRequest(fingerprint, reference, capabilities)
        // A build from cached layers is as old as what it replaces: its base image and packages may be.
        let builtAt = request.startsAnew ? surroundings.now() : min(surroundings.now(), entry?.builtAt ?? .max)
        request.labels = [
            (ImageAge.builtAtLabel, Timestamp.text(builtAt)), (ImageAge.keyLabel, fingerprint.key.description),
            (ImageAge.imageLabel, cache.image.description),
        ]
        try await carryOut(request, with: capabilities.builder)
        guard let image = try await docker.inspectImage(reference.description) else {
            throw DockerError.unexpectedAnswer(
                command: "docker build",
                message: "it succeeded, but \(reference) is not in the daemon"
            )
        }
        var saved: Saved?
        if cache.saves, mayBeSaved(fingerprint, capabilities) {
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
            buildMilliseconds: times.milliseconds(.build)
        )
    }

    /// Whether nothing that is there already may go into the image: neither layers nor base images.
    var startsAnew: Bool { outcome == .expired || cache.maximumAge == 0 }

    private func buildRequest(
        _ fingerprint: Fingerprinted,
        _ reference: ImageReference,
        _ capabilities: BuilderCapabilities
    ) throws -> BuildRequest {
        var request = BuildRequest(context: inputs.context, dockerfile: inputs.dockerfile, image: reference)
        request.target = inputs.target
        request.platform = inputs.platform
        request.buildArguments = inputs.buildArguments
        request.secrets = inputs.secrets
        request.startsAnew = startsAnew
        request.pullsBases = request.startsAnew
        request.additionalArguments = inputs.additionalArguments?.words ?? []
        // The fallback image helps only a builder that can read, and write, inline cache metadata.
        if let fallback = try cache.fallbackImage(), capabilities.writesInlineCache {
            request.writesInlineCache = cache.saves
            if cache.strategy.takesLayers, !request.startsAnew { request.cacheFrom = [fallback] }
        }
        return request
    }

    /// Builds, and throws ``BuildFailure`` if the builder fails.
    private func carryOut(_ request: BuildRequest, with builder: Builder) async throws {
        let output = surroundings.output.descriptor
        var status = try await times.measure(.build) {
            try await docker.build(request, with: builder, output: output)
        }
        try Task.checkCancellation()
        if status != 0, request.pullsBases {
            // A base image that is only on this agent, or whose registry is down, must not fail a step that an image
            // a day younger would not have failed.
            surroundings.log.warning(
                """
                The image has expired, and building it with fresh base images (--pull) failed with status \(status). \
                Trying once more with the base images that are here.
                """
            )
            var again = request
            again.pullsBases = false
            status = try await times.measure(.build) {
                try await docker.build(again, with: builder, output: output)
            }
            try Task.checkCancellation()
        }
        guard status == 0 else { throw BuildFailure(status: status) }
    }

    /// Whether what was built is certainly what the key stands for.
    private func mayBeSaved(_ fingerprint: Fingerprinted, _ capabilities: BuilderCapabilities) -> Bool {
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
