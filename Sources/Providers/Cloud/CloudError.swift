import HTTP

/// The reason why a cloud's API could not be used. Contains no secrets, and nothing that a service reports about a
/// secret.
package enum CloudError: Error, Equatable, CustomStringConvertible {
    /// This machine has no credentials for the cloud.
    case noAccount(String)
    /// Only the cloud's command line supports this kind of account.
    case leftToTool(String)
    /// A configured file cannot be used.
    case unusable(file: String, problem: String)
    /// No answer. `toolMayReach` is whether the cloud's command line may get one: the service is on this machine, or
    /// the command line may trust a certificate that we do not.
    case unreachable(service: String, words: String, toolMayReach: Bool)
    /// The service refused the request. The code is the service's own error code.
    case refused(service: String, status: Int, code: String?, message: String)
    /// An answer that does not have the documented form. It is not shown because it may be a secret.
    case unexpectedAnswer(service: String, problem: String)

    package var description: String {
        switch self {
        case .noAccount(let words): words
        case .leftToTool(let words): words
        case .unusable(let file, let problem): "\(file) cannot be used: \(problem)"
        case .unreachable(let service, let words, _): "\(service) could not be reached: \(words)"
        case .refused(let service, let status, let code, let message):
            "\(service) refused it with status \(status)" + (code.map { " (\($0))" } ?? "")
                + (message.isEmpty ? "" : ": \(message)")
        case .unexpectedAnswer(let service, let problem): "\(service) gave an answer that cannot be used: \(problem)"
        }
    }

    /// Whether a command line with the same account would fail in the same way.
    var isTheAccounts: Bool {
        switch self {
        case .refused: true
        case .unreachable(_, _, let toolMayReach): !toolMayReach
        case .noAccount, .leftToTool, .unusable, .unexpectedAnswer: false
        }
    }
}
