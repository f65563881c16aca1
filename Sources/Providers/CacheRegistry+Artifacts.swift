package import Images
import Logging
package import Registry

/// Small things that are not images, beside them. A registry need not keep them.
extension CacheRegistry {
    /// How an artifact was taken.
    package enum ArtifactPut: Equatable, Sendable {
        case kept
        /// What came before it stays, because the registry moves no tags.
        case keptEarlier
        /// The registry keeps no artifacts.
        case refused(RegistryError)
        /// It said so to an earlier lookup on this agent, and was not asked again.
        case refusedBefore
    }

    /// Puts `artifact` under the tag of `reference`.
    ///
    /// Throws what says nothing of whether the registry keeps artifacts, such as ``RegistryError/Reason/unreachable``.
    ///
    /// - Parameter remembersRefusal: whether a registry that keeps no artifacts is asked once a day at most
    package func put(
        _ artifact: Artifact,
        as reference: ImageReference,
        remembersRefusal: Bool
    ) async throws -> ArtifactPut {
        if remembersRefusal, tools.memory.answer(to: artifactQuestion) == Self.refusal { return .refusedBefore }
        let hasConfiguration = knowsConfiguration
        // The image was pushed just now, so a refusal is one of the artifact and not of the login.
        try await logIn()
        let outcome = await Self.outcome(try await access.client(for: repository)) {
            client async throws(RegistryError) in
            try await client.put(artifact, as: reference, hasConfiguration: hasConfiguration)
        }
        if case .failure(let error) = outcome {
            switch error.reason {
            case .immutableTag: return .keptEarlier
            case .unreachable, .rateLimited, .cancelled, .credentialsUnavailable: throw error
            case .notFound, .unauthorised, .forbidden, .serverFailed, .notARegistry, .invalidContent, .unsupported,
                .refused:
                if remembersRefusal { remember(Self.refusal, to: artifactQuestion, days: 1) }
                return .refused(error)
            }
        }
        if !hasConfiguration { rememberConfiguration() }
        return .kept
    }

    /// The content of the artifact of that type under the tag of `reference`; nil if there is none, or one that cannot
    /// be read: more than `limit` bytes, for example, or a part that is missing. Docker may still be logging in
    /// afterwards.
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
        // Where one artifact is, the configuration of all of them is.
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
