import HTTP

/// Why a cloud's API could not be used. None of it holds a secret, or what a service said of one.
package enum CloudError: Error, Equatable, CustomStringConvertible {
    /// Nothing on this machine says who it is to that cloud.
    case noAccount(String)
    /// There is an account of a kind that only the cloud's command line understands.
    case leftToTool(String)
    /// A file that is named for it cannot be used.
    case unusable(file: String, problem: String)
    /// No answer. `toolMayReach` says whether the cloud's command line may get one: where it would have come from the
    /// machine itself, or where a certificate is trusted that we do not know.
    case unreachable(service: String, words: String, toolMayReach: Bool)
    /// The service answered, and refused. The code is its own word for why.
    case refused(service: String, status: Int, code: String?, message: String)
    /// An answer that is not of the form that the service documents. It is not shown: it may be a secret.
    case unexpectedAnswer(service: String, problem: String)

    package var description: String {
        switch self {
        case .noAccount(let words): words
        case .leftToTool(let words): words
        case .unusable(let file, let problem): "\(file) cannot be used: \(problem)"
        case .unreachable(let service, let words, _): "\(service) could not be asked: \(words)"
        case .refused(let service, let status, let code, let message):
            "\(service) refused it with status \(status)" + (code.map { " (\($0))" } ?? "")
                + (message.isEmpty ? "" : ": \(message)")
        case .unexpectedAnswer(let service, let problem): "\(service) gave an answer that cannot be used: \(problem)"
        }
    }

    /// Whether a command line that uses the same account would end in the same way.
    var isTheAccounts: Bool {
        switch self {
        case .refused: true
        case .unreachable(_, _, let toolMayReach): !toolMayReach
        case .noAccount, .leftToTool, .unusable, .unexpectedAnswer: false
        }
    }
}
