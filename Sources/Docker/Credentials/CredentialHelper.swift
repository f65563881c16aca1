import Images
import FoundationEssentials
import Logging
import Processes

/// A program that knows secrets and hands them out to the docker command.
///
/// The protocol is that of https://github.com/docker/docker-credential-helpers: `docker-credential-NAME get`, the
/// registry on standard input, and on standard output either a JSON object or, with a status other than 0, the reason.
struct CredentialHelper: Sendable {
    /// Without `docker-credential-`.
    let name: String
    /// What the helper runs with; `PATH` of it says where the helper is.
    let environment: [String: String]
    /// How long it may take.
    let timeLimit: Duration
    let clock: any Clock<Duration>
    let log: Logger

    /// Asks for the credential of a registry. Nil if the helper has none. One process.
    func credential(for key: CredentialKey) async throws(CredentialError) -> RegistryCredential? {
        let answer = try await run(key)
        guard answer.status == 0 else {
            if answer.text == Self.notFound { return nil }
            let said = answer.errorText.isEmpty ? answer.text : answer.errorText
            let message = String(said.prefix(Self.messageLimit))
            throw .helperFailed(helper: name, host: key.host, status: answer.status, message: message)
        }
        guard let secret = try? JSONDecoder().decode(Secret.self, from: Data(answer.output)) else {
            throw .unexpectedAnswer(helper: name, host: key.host)
        }
        // Some helpers say so that they have none, and Docker understands it.
        if secret.Username.isEmpty, secret.Secret.isEmpty { return nil }
        return secret.Username == Self.tokenUser
            ? .identityToken(secret.Secret) : .password(username: secret.Username, password: secret.Secret)
    }

    // The names are those of the protocol.
    private struct Secret: Decodable {
        var Username: String
        var Secret: String
    }

    private func run(_ key: CredentialKey) async throws(CredentialError) -> ExternalCommand.Answer {
        guard let command = ExternalCommand("docker-credential-\(name)", environment: environment, log: log) else {
            throw .helperMissing(helper: name, host: key.host)
        }
        let answer: ExternalCommand.Answer?
        do {
            answer = try await command.run(
                ["get"],
                input: Array(key.serverAddress.utf8),
                timeLimit: timeLimit,
                clock: clock
            )
        } catch {
            throw .helperNotRun(helper: name, host: key.host, reason: "\(error)")
        }
        guard let answer else {
            throw .helperTimedOut(helper: name, host: key.host, limit: timeLimit)
        }
        return answer
    }

    private static let notFound = "credentials not found in native keychain"
    private static let tokenUser = "<token>"

    /// The most that is told of what a helper said, in characters.
    private static let messageLimit = 500
}
