import Docker
import Images
import Logging
import SystemPackage

/// Finds out what the names of base images stand for, and sees to it that the daemon has just that: for the option
/// `base-images: pin`.
struct BaseImagePinning {
    let docker: () throws -> DockerClient
    /// The digest of what a reference names in its registry; nil if it is not there.
    let registry: @Sendable (_ reference: String) async throws -> String?
    let log: Logger

    /// What each of `references` stands for now.
    func pins(_ references: [String]) async throws -> [BaseImagePin] {
        var pins: [BaseImagePin] = []
        for reference in references {
            pins.append(BaseImagePin(reference: reference, meaning: try await meaning(of: reference)))
        }
        return pins
    }

    /// An image that was built on this agent and is in no registry is what a build takes, whatever a registry has under
    /// its name.
    private func meaning(of reference: String) async throws -> BaseImagePin.Meaning {
        let local = try await inDaemon(reference)
        let known = local.flatMap { Self.digest(of: $0, reference) }
        if let local, known == nil { return .inDaemon(id: local.id) }
        do {
            if let digest = try await registry(reference) { return .inRegistry(digest: digest) }
            log.warning("The registry does not have the base image \(reference) any more.\(Self.remains(known))")
        } catch {
            try Task.checkCancellation()
            log.warning(
                "What the base image \(reference) is now could not be found out: \(error)\(Self.remains(known))"
            )
        }
        return known.map { .inRegistry(digest: $0) } ?? .unknown
    }

    private static func remains(_ known: String?) -> String {
        known == nil ? "" : " What this agent has of it counts."
    }

    /// Nil also where there is no docker: then the registry alone decides.
    private func inDaemon(_ reference: String) async throws -> ImageDetails? {
        do {
            return try await docker().inspectImage(reference)
        } catch {
            try Task.checkCancellation()
            log.debug("The daemon could not be asked for the base image \(reference): \(error)")
            return nil
        }
    }

    /// The digest under which the daemon got the image from the registry that `reference` names; nil if it did not.
    static func digest(of image: ImageDetails, _ reference: String) -> String? {
        guard let wanted = try? RegistryReference(reference).repository else { return nil }
        return image.repositoryDigests.lazy
            .compactMap { try? RegistryReference($0) }
            .first { $0.repository == wanted }?
            .digest?.description
    }

    /// Pulls what the daemon lacks, or has in another state than the registry: a build takes what the daemon has.
    ///
    /// What cannot be pulled is left for the builder to complain of.
    func bring(_ pins: [BaseImagePin], platform: Platform?, progress: FileDescriptor) async throws {
        for pin in pins where try await !isInDaemon(pin) {
            do {
                guard try await docker().pull(pin.reference, platform: platform, progress: progress) != .pulled else {
                    continue
                }
                log.warning("The base image \(pin.reference) is not in its registry.")
            } catch {
                try Task.checkCancellation()
                log.warning("The base image \(pin.reference) could not be pulled: \(error)")
            }
        }
    }

    /// Whether a build that takes what the daemon has takes just this.
    func isInDaemon(_ pin: BaseImagePin) async throws -> Bool {
        guard let local = try await inDaemon(pin.reference) else { return false }
        switch pin.meaning {
        case .inRegistry(let digest): return Self.digest(of: local, pin.reference) == digest
        case .inDaemon(let id): return local.id == id
        case .unknown: return false
        }
    }
}
