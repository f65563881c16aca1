import FoundationEssentials
import Images
import Logging
import Processes

/// A credential helper: a program that gives secrets to the docker command.
///
/// The protocol is that of https://github.com/docker/docker-credential-helpers: `docker-credential-NAME get` reads the
/// registry from standard input. It writes a JSON object to standard output or, with a status other than 0, the reason
/// for its failure.
struct CredentialHelper: Sendable {
    /// The name without `docker-credential-`.
    let name: String
    /// The helper's environment. Its `PATH` is searched for the helper.
    let environment: [String: String]
    /// The time limit of one run.
    let timeLimit: Duration
    let clock: any Clock<Duration>
    let log: Logger

    /// Gets the credential of a registry. Nil if the helper has none. Runs one process.
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
        // Some helpers report in this way that they have no credential, and Docker understands it.
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

    /// The maximum length of a helper's message in an error, in characters.
    private static let messageLimit = 500
}

/// Why credentials that Docker's configuration refers to are not available.
///
/// No case contains the standard output of a successful helper, or any other secret.
package enum CredentialError: Error, Equatable, CustomStringConvertible {
    /// The file exists but could not be read.
    case unreadableConfiguration(file: String, reason: String)
    /// The content is not a JSON object. `source` is the file or the variable.
    case malformedConfiguration(source: String)
    /// The registry's entry could not be parsed.
    case malformedEntry(host: String, source: String)
    /// The helper is not on `PATH`. Helpers are named without `docker-credential-`, here and below.
    case helperMissing(helper: String, host: String)
    /// The helper could not be started or watched.
    case helperNotRun(helper: String, host: String, reason: String)
    /// The helper failed. Carries its exit status and the beginning of its message.
    case helperFailed(helper: String, host: String, status: Int32, message: String)
    /// The helper succeeded, but its output is not a credential.
    case unexpectedAnswer(helper: String, host: String)
    /// The helper did not answer within `limit`.
    case helperTimedOut(helper: String, host: String, limit: Duration)

    package var description: String {
        switch self {
        case .unreadableConfiguration(let file, let reason):
            "Docker's configuration \(file) could not be read: \(reason.endedAsSentence) "
                + "Let this user read it, or set DOCKER_CONFIG to another directory."
        case .malformedConfiguration(let source):
            "\(source) is not the JSON that Docker writes. Correct it, or remove it and log in again with "
                + "`docker login`."
        case .malformedEntry(let host, let source):
            "The credentials for \(host) in \(source) cannot be understood: \"auth\" must be user:password in base 64. "
                + "Log in again with `docker login \(host)`."
        case .helperMissing(let helper, let host):
            "\(Self.command(helper)), which Docker's configuration names for \(host), is not on PATH. "
                + "Install it, or take \"\(helper)\" out of credHelpers and credsStore."
        case .helperNotRun(let helper, let host, let reason):
            "\(Self.command(helper)) could not be run for \(host): \(reason.endedAsSentence) \(Self.advice(helper))"
        case .helperFailed(let helper, let host, let status, let message):
            "\(Self.command(helper)) failed for \(host) with status \(status)"
                + "\(message.isEmpty ? "." : ": \(message.endedAsSentence)") \(Self.advice(helper))"
        case .unexpectedAnswer(let helper, let host):
            "\(Self.command(helper)) gave an answer for \(host) that is not the JSON of a credential. "
                + Self.advice(helper)
        case .helperTimedOut(let helper, let host, let limit):
            "\(Self.command(helper)) gave no answer for \(host) within \(limit). \(Self.advice(helper))"
        }
    }

    private static func command(_ helper: String) -> String { "docker-credential-\(helper)" }

    private static func advice(_ helper: String) -> String {
        "See that it works for this user, or take \"\(helper)\" out of credHelpers and credsStore."
    }
}
