import Buildkite
import Docker
import Fingerprint
import Logging
import Providers
import Store
import SystemPackage

/// Building the image.
extension Lookup {
    mutating func build(
        _ fingerprint: Fingerprinted,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult {
        let reference = try cache.localImage(fingerprint.key)
        let why = reason.map { " (\($0.rawValue): \($0.explanation))" } ?? ""
        surroundings.output.group(.folded, "Building \(reference)\(why)")
        let capabilities = try await docker.builderCapabilities()
        let builtAt = surroundings.now()
        let request = try buildRequest(fingerprint, reference, capabilities, builtAt: builtAt)
        let status = try await times.measure(.build) {
            try await docker.build(request, with: capabilities.builder, output: surroundings.output.descriptor)
        }
        guard status == 0 else { throw BuildFailure(status: status) }
        guard let image = try await docker.inspectImage(reference.description) else {
            throw DockerError.unexpectedAnswer(
                command: "docker build",
                message: "it succeeded, but \(reference) is not in the daemon"
            )
        }
        var digest: String?
        if cache.saves, try await mayBeSaved(fingerprint, builder: capabilities.builder) {
            digest = try await push(fingerprint.key, image, &registry)
            save(
                fingerprint.key,
                image: image,
                cacheImage: try cache.cacheImage(fingerprint.key),
                digest: digest,
                builtAt: builtAt,
                buildMilliseconds: times.milliseconds(.build)
            )
        }
        return LookupResult(
            outcome: outcome,
            reason: reason,
            key: fingerprint.key,
            image: reference,
            digest: digest,
            imageID: image.id,
            imageBytes: image.size,
            buildMilliseconds: times.milliseconds(.build)
        )
    }

    private func buildRequest(
        _ fingerprint: Fingerprinted,
        _ reference: ImageReference,
        _ capabilities: BuilderCapabilities,
        builtAt: Int64
    ) throws -> BuildRequest {
        var request = BuildRequest(context: inputs.context, dockerfile: inputs.dockerfile, image: reference)
        request.target = inputs.target
        request.platform = inputs.platform
        request.buildArguments = inputs.buildArguments
        request.secrets = inputs.secrets
        request.labels = [
            (ImageAge.builtAtLabel, Timestamp.text(builtAt)), (ImageAge.keyLabel, fingerprint.key.description),
        ]
        request.startsAnew = outcome == .expired
        request.additionalArguments = inputs.additionalArguments?.words ?? []
        // The fallback image helps only a builder that can read, and write, inline cache metadata.
        if let fallback = try cache.fallbackImage(), capabilities.writesInlineCache {
            request.writesInlineCache = cache.saves
            if cache.strategy.takesLayers, !request.startsAnew { request.cacheFrom = [fallback] }
        }
        return request
    }

    /// Whether what was built is certainly what the key stands for.
    private func mayBeSaved(_ fingerprint: Fingerprinted, builder: Builder) async throws -> Bool {
        if !builder.isBuildKit, let ignoreFile = fingerprint.ignoreFile, ignoreFile.belongsToDockerfile {
            surroundings.log.warning(
                """
                \(ignoreFile.path) is read by BuildKit only, and this docker built without it, so the image may hold \
                what the key does not cover. It is used for this step and not saved. Install the docker-buildx plugin, \
                or unset DOCKER_BUILDKIT.
                """
            )
            return false
        }
        guard try await fingerprint.isStillTrue(inputs, index: index, surroundings: surroundings) else {
            surroundings.log.warning(
                """
                Files of the context \(inputs.context) changed while the image was being built, so it may hold either \
                state. It is used for this step and not saved.
                """
            )
            return false
        }
        return true
    }
}
