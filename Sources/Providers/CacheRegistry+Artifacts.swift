package import Images
import Logging
package import Registry

/// Small artifacts stored next to the images. A registry may not support them.
extension CacheRegistry {
    /// The result of storing an artifact.
    package enum ArtifactPut: Equatable, Sendable {
        case kept
        /// The registry does not move tags, so the earlier artifact stays.
        case keptEarlier
        /// The registry does not accept artifacts.
        case refused(RegistryError)
        /// The registry refused an earlier lookup on this agent, so no request was sent.
        case refusedBefore
    }

    /// Stores `artifact` under the tag of `reference`.
    ///
    /// Throws errors that do not show whether the registry accepts artifacts, such as
    /// ``RegistryError/Reason/unreachable``.
    ///
    /// - Parameter remembersRefusal: whether a registry that refuses artifacts is tried at most once a day
    package func put(
        _ artifact: Artifact,
        as reference: ImageReference,
        remembersRefusal: Bool
    ) async throws -> ArtifactPut {
        if remembersRefusal, tools.memory.answer(to: artifactQuestion) == Self.refusal { return .refusedBefore }
        let hasConfiguration = knowsConfiguration
        // The image was just pushed, so a refusal concerns the artifact and not the login.
        try await logIn()
        let outcome = await Self.outcome(try await access.client(for: repository)) {
            client async throws(RegistryError) in
            try await client.put(artifact, as: reference, hasConfiguration: hasConfiguration)
        }
        if case .failure(let error) = outcome {
            switch error.reason {
            case .immutableTag: return .keptEarlier
            case .unreachable, .rateLimited, .cancelled, .credentialsUnavailable: throw error
            // They may pass: a server in trouble, a quota, or rights that are granted later.
            case .notFound, .unauthorised, .forbidden, .serverFailed, .notARegistry, .invalidContent, .refused:
                return .refused(error)
            // Only a refused manifest is about the kind of artifact.
            case .unsupported where !error.request.contains("/manifests/"): return .refused(error)
            case .unsupported:
                if remembersRefusal { remember(Self.refusal, to: artifactQuestion, days: 1) }
                return .refused(error)
            }
        }
        if !hasConfiguration { rememberConfiguration() }
        return .kept
    }

    /// The content of the artifact of that type under the tag of `reference`. Returns nil if there is none, or if it
    /// cannot be read: for example, it has more than `limit` bytes, or a part is missing. Docker may still be logging
    /// in when this returns.
    ///
    /// - Parameter limit: bytes
    package func artifact(_ reference: ImageReference, type: MediaType, limit: Int) async throws -> [UInt8]? {
        if try await earlyWay() == nil { try await logIn() }
        let asked = try await access.client(for: repository)
        let found = await Self.outcome(asked) { client async throws(RegistryError) in
            try await client.artifact(reference, type: type, limit: limit)
        }
        if case .failure(let error) = found, error.isOfContent {
            tools.log.debug("\(reference) cannot be read: \(error)")
            return nil
        }
        let content = try found.get()
        // All artifacts share one configuration, so a readable artifact proves that it exists.
        if content != nil, !knowsConfiguration { rememberConfiguration() }
        return content
    }

    private static func outcome<Value: Sendable>(
        _ client: RegistryClient,
        _ ask: (RegistryClient) async throws(RegistryError) -> Value
    ) async -> Result<Value, RegistryError> {
        do throws(RegistryError) {
            return .success(try await ask(client))
        } catch {
            return .failure(error)
        }
    }

    private var artifactQuestion: String { "artifacts in \(repository)" }
    private var configurationQuestion: String { "empty configuration in \(repository)" }
    private static let refusal = "refused"

    private var knowsConfiguration: Bool { tools.memory.answer(to: configurationQuestion) != nil }

    private func rememberConfiguration() { remember("there", to: configurationQuestion, days: 30) }

    private func remember(_ answer: String, to question: String, days: Int64) {
        tools.memory.remember(answer, to: question, endsAt: tools.now() + days * 86_400_000)
    }
}
