import Processes

/// Why credentials that Docker's configuration speaks of could not be had.
///
/// No case holds what a helper writes to standard output when it succeeds, or any other secret.
package enum CredentialError: Error, Equatable, CustomStringConvertible {
    /// The file is there and could not be read.
    case unreadableConfiguration(file: String, reason: String)
    /// The text is not a JSON object. `source` is the file, or the variable.
    case malformedConfiguration(source: String)
    /// The entry for the registry cannot be understood.
    case malformedEntry(host: String, source: String)
    /// There is no such helper on `PATH`. Helpers are named without `docker-credential-`, here and below.
    case helperMissing(helper: String, host: String)
    /// The helper could not be started or watched.
    case helperNotRun(helper: String, host: String, reason: String)
    /// The helper ended with a failure. Carries its exit status and the beginning of what it said.
    case helperFailed(helper: String, host: String, status: Int32, message: String)
    /// The helper succeeded, and what it wrote is not a credential.
    case unexpectedAnswer(helper: String, host: String)
    /// The helper gave no answer within `limit`.
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
