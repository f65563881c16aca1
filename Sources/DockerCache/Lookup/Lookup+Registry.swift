import Buildkite
import Docker
import Fingerprint
import Images
import Logging
import Providers
import Store

/// Taking the finished image from the registry.
extension Lookup {
    mutating func takeFromRegistry(
        _ key: Key,
        _ registry: inout CacheRegistry?
    ) async throws -> LookupResult? {
        guard let cacheImage = try cache.cacheImage(key), var current = registry else { return nil }
        defer { registry = current }
        surroundings.output.group(.folded, "Looking for \(cacheImage)")
        do {
            return try await times.measure(.pull) {
                switch try await current.pull(cacheImage, platform: inputs.platform) {
                case .notInRegistry:
                    surroundings.output.line("The registry does not have it.")
                    return nil
                case .pulled:
                    return try await accept(cacheImage, for: key)
                }
            }
        } catch DockerError.daemonUnreachable(let host, let message) {
            throw DockerError.daemonUnreachable(host: host, message: message)
        } catch {
            // What a cancelled docker could not do looks like trouble with the registry, and is not.
            try Task.checkCancellation()
            reason = .registryUnreachable
            surroundings.log.warning("Could not ask the registry for \(cacheImage): \(error) Building without it.")
            return nil
        }
    }

    /// Judges what was pulled, and gives it the name that the step uses.
    private mutating func accept(_ cacheImage: ImageReference, for key: Key) async throws -> LookupResult? {
        guard let image = try await docker.inspectImage(cacheImage.description) else {
            throw DockerError.unexpectedAnswer(
                command: "docker pull \(cacheImage)",
                message: "it succeeded, but the image is not in the daemon"
            )
        }
        let now = surroundings.now()
        switch LookupDecision.judge(
            pulled: image,
            name: cache.image.description,
            key: key.description,
            maximumAge: cache.maximumAge,
            now: now
        )
        {
        case .expired:
            (outcome, reason) = (.expired, .maximumAge)
            return nil
        case .wrongImage:
            reason = .wrongImage
            surroundings.log.warning(
                """
                \(cacheImage) says that it is \(image.labels[ImageAge.imageLabel] ?? "an image") built for the key \
                \(image.labels[ImageAge.keyLabel] ?? "of nobody"). Not using it.
                """
            )
            return nil
        case .hit(let builtAt):
            if builtAt == nil, cache.maximumAge != nil {
                surroundings.output.line("\(cacheImage) does not say when it was built, and counts as fresh.")
            }
            let reference = try cache.localImage(key)
            try await docker.tag(image.id, as: reference)
            let digest = image.digest(in: cacheImage.repository)
            (outcome, reason) = (.registryHit, nil)
            save(
                key,
                image: image,
                cacheImage: cacheImage,
                digest: digest,
                builtAt: builtAt ?? now,
                buildMilliseconds: nil
            )
            return LookupResult(
                outcome: .registryHit,
                reason: nil,
                key: key,
                image: reference,
                digest: digest,
                imageID: image.id,
                imageBytes: image.size,
                buildMilliseconds: nil
            )
        }
    }
}
