package import Docker
import HTTP
package import Images
package import Logging
package import SystemPackage

/// Resolves the names of base images, and pulls the resolved images into the daemon, for the option `base-images: pin`.
package struct BaseImagePinning {
    package let docker: () throws -> DockerClient
    /// The digest that a reference names in its registry; nil if it is not there.
    package let registry: @Sendable (_ reference: String) async throws -> String?
    package let log: Logger

    /// What each of `references` names now. Registries are queried concurrently: any number of unresponsive ones cost a
    /// lookup seven seconds in total.
    ///
    /// - Parameter frontEnd: the image that reads the Dockerfile; nil if the frontend is part of BuildKit
    package func pins(_ references: [String], frontEnd: String? = nil) async throws -> [BaseImagePin] {
        var local: [String: ImageDetails] = [:]
        for reference in references { local[reference] = try await inDaemon(reference) }
        // If an image was built on this agent and is in no registry, a build takes it, whatever a registry has under
        // its name.
        let asked = references.filter { reference in
            local[reference].map { Self.origin(of: $0, reference) != .builtHere } ?? true
        }
        let answers = await ask(asked + [frontEnd].compactMap { $0 })
        let onlyHere = await onlyHere(references, local, answers)
        try Task.checkCancellation()
        let pins = references.map { reference in
            BaseImagePin(
                reference: reference,
                role: .base,
                meaning: meaning(
                    of: reference,
                    local[reference],
                    answers[reference],
                    isOnlyHere: onlyHere.contains(reference)
                )
            )
        }
        return pins + (frontEnd.map { [pin(ofFrontEnd: $0, answers[$0])] } ?? [])
    }

    private func pin(ofFrontEnd reference: String, _ answer: Result<String?, any Error>?) -> BaseImagePin {
        if case .success(let digest?) = answer {
            return BaseImagePin(reference: reference, role: .frontEnd, meaning: .inRegistry(digest: digest))
        }
        let reason = if case .failure(let error) = answer { "\(error)" } else { "its registry does not have it." }
        log.warning("Could not get the digest of the frontend \(reference) (# syntax): \(reason)")
        return BaseImagePin(reference: reference, role: .frontEnd, meaning: .unknown)
    }

    /// The references for which the registry has a different image and lacks the daemon's. With containerd's image
    /// store, only this tells where an image comes from.
    private func onlyHere(
        _ references: [String],
        _ local: [String: ImageDetails],
        _ answers: [String: Result<String?, any Error>]
    ) async -> Set<String> {
        var doubtful: [String: String] = [:]
        for reference in references {
            guard let image = local[reference], Self.origin(of: image, reference) == .undisclosed,
                case .success(let digest?) = answers[reference], digest != image.id
            else { continue }
            doubtful[reference] = Self.reference(reference, digest: image.id)
        }
        let known = await ask(Array(doubtful.values))
        return Set(
            doubtful.filter { _, digest in
                if case .success(nil) = known[digest] { true } else { false }
            }.keys
        )
    }

    /// How the daemon got an image.
    package enum Origin: Equatable {
        /// By a build, or under another name.
        case builtHere
        /// From the registry that its name contains.
        case pulled
        /// The only digest is the image's id. With containerd's image store, Docker lists it in the repository of every
        /// name, even for images that were only built here.
        case undisclosed
    }

    package static func origin(of image: ImageDetails, _ reference: String) -> Origin {
        let digests = digests(of: image, reference)
        if digests.isEmpty { return .builtHere }
        // Docker 25 to 27.0 list the digest once for each tag.
        return Set(digests) == [image.id] ? .undisclosed : .pulled
    }

    private static func reference(_ reference: String, digest: String) -> String? {
        guard let repository = try? RegistryReference(reference).repository else { return nil }
        return "\(repository)@\(digest)"
    }

    private func ask(_ references: [String]) async -> [String: Result<String?, any Error>] {
        await answers(to: references) { [registry] reference in
            do {
                return .success(try await registry(reference))
            } catch {
                return .failure(error)
            }
        }
    }

    /// - Parameters:
    ///   - answer: the registry's answer; nil if it was not queried
    ///   - isOnlyHere: whether the registry reported that it lacks the daemon's image
    private func meaning(
        of reference: String,
        _ local: ImageDetails?,
        _ answer: Result<String?, any Error>?,
        isOnlyHere: Bool
    ) -> BaseImagePin.Meaning {
        let known = local.flatMap { Self.digests(of: $0, reference).min() }
        if isOnlyHere, let local {
            log.warning(
                """
                The registry has another image under the name \(reference) than this agent, whose image \(local.id) it \
                does not have. It is treated as built here, and used. If it was pulled once and has been \
                removed from the registry since: docker image rm \(reference)
                """
            )
            return .inDaemon(id: local.id)
        }
        switch answer {
        case nil: return local.map { .inDaemon(id: $0.id) } ?? .unknown
        case .success(let digest?): return .inRegistry(digest: digest)
        case .success(nil):
            if let local, Self.origin(of: local, reference) == .undisclosed { return .inDaemon(id: local.id) }
            log.warning("The registry does not have the base image \(reference) any more.\(Self.remains(known))")
        case .failure(let error):
            log.warning(
                "Could not get the digest of the base image \(reference): \(error)\(Self.remains(known))"
            )
        }
        return known.map { .presumed(digest: $0) } ?? .unknown
    }

    private static func remains(_ known: String?) -> String {
        known == nil ? "" : " The digest that this agent has is used."
    }

    /// Nil also if there is no docker: then the registry alone decides.
    private func inDaemon(_ reference: String) async throws -> ImageDetails? {
        do {
            return try await docker().inspectImage(reference)
        } catch {
            try Task.checkCancellation()
            log.debug("The daemon could not be queried for the base image \(reference): \(error)")
            return nil
        }
    }

    /// The digests under which the daemon got the image from the registry that `reference` names; none if it did not.
    /// There are several if an index was pushed again and this platform's image stayed the same.
    package static func digests(of image: ImageDetails, _ reference: String) -> [String] {
        guard let wanted = try? RegistryReference(reference).repository else { return [] }
        return image.repositoryDigests.compactMap { try? RegistryReference($0) }
            .filter { $0.repository == wanted }
            .compactMap { $0.digest?.description }
    }

    /// Pulls each image that the daemon lacks or has in a different version: a build takes the daemon's image.
    ///
    /// If an image cannot be pulled, the builder reports the error.
    package func bring(_ pins: [BaseImagePin], platform: Platform?, progress: FileDescriptor) async throws {
        for pin in pins where pin.role == .base {
            do {
                if try await isInDaemon(pin) { continue }
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

    /// Whether a build that takes the daemon's image takes exactly this one.
    func isInDaemon(_ pin: BaseImagePin) async throws -> Bool {
        guard let local = try await inDaemon(pin.reference) else { return false }
        switch pin.meaning {
        case .inRegistry(let digest), .presumed(let digest):
            return Self.digests(of: local, pin.reference).contains(digest)
        case .inDaemon(let id): return local.id == id
        case .unknown: return false
        }
    }
}

/// What the name of a base image resolved to at one moment.
package struct BaseImagePin: Equatable, Sendable {
    package enum Role: Equatable, Sendable {
        /// A stage starts from it or copies files from it.
        case base
        /// It reads the Dockerfile. BuildKit takes it from its registry, whatever the daemon has.
        case frontEnd
    }

    /// The reference as in the Dockerfile, with its variables replaced.
    package let reference: String
    package let role: Role
    package let meaning: Meaning

    /// The image's name in the key.
    var keyName: String { role == .base ? reference : "# syntax=\(reference)" }

    package init(reference: String, role: Role = .base, meaning: Meaning) {
        self.reference = reference
        self.role = role
        self.meaning = meaning
    }

    package enum Meaning: Equatable, Sendable {
        /// The registry's digest for the name: `sha256:` and 64 hex digits.
        case inRegistry(digest: String)
        /// The digest that the daemon once got from the registry, which does not respond now.
        case presumed(digest: String)
        /// The id of an image that is only in the daemon because it was built there.
        case inDaemon(id: String)
        /// No place responded, or none has the image.
        case unknown

        /// Whether this is certain to be what the name resolves to, not only the best guess.
        var isCertain: Bool {
            switch self {
            case .inRegistry, .inDaemon: true
            case .presumed, .unknown: false
            }
        }

        /// The value in the key.
        package var text: String {
            switch self {
            case .inRegistry(let digest), .presumed(let digest): digest
            case .inDaemon(let id): id
            case .unknown: "unknown"
            }
        }
    }
}
