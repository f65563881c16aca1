import Images
import Processes

/// What can go wrong between us and a provider, beyond what its registry answers.
package enum ProviderError: Error, Equatable, CustomStringConvertible {
    /// The provider's tool is not on `PATH`.
    case toolMissing(tool: String, purpose: String, advice: String)
    /// The tool failed. Carries what was run, its status and what it said.
    case toolFailed(command: String, status: Int32, message: String, advice: String?)
    case toolNotRun(command: String, reason: String)
    /// The tool did not end within its time.
    case toolTimedOut(command: String, seconds: Int)
    /// The tool succeeded, and what it wrote cannot be used. What it wrote is not shown: it may be a secret.
    case unexpectedAnswer(command: String, problem: String)
    /// Nothing says which account, region or registry is meant.
    case unknown(what: String, advice: String)
    /// The repository, or the registry it is in, is not there, and cannot be made from here.
    case repositoryMissing(String, advice: String)
    /// The name that comes of all options is none.
    case malformedName(String, reason: String)

    package var description: String {
        switch self {
        case .toolMissing(let tool, let purpose, let advice):
            "There is no command \(tool) on PATH, and it is needed to \(purpose). \(advice)"
        case .toolFailed(let command, let status, let message, let advice):
            "`\(command)` failed with status \(status)\(message.isEmpty ? "." : ": \(message.endedAsSentence)")"
                + (advice.map { " \($0)" } ?? "")
        case .toolNotRun(let command, let reason):
            "`\(command)` could not be run: \(reason.endedAsSentence)"
        case .toolTimedOut(let command, let seconds):
            "`\(command)` did not end within \(seconds) seconds. See whether it asks for something, or cannot "
                + "reach its network."
        case .unexpectedAnswer(let command, let problem):
            "`\(command)` gave an answer that cannot be used: \(problem.endedAsSentence)"
        case .unknown(let what, let advice):
            "Nothing says \(what). \(advice)"
        case .repositoryMissing(let name, let advice):
            "\(name) does not exist. \(advice)"
        case .malformedName(let name, let reason):
            "\(name) is not a name Docker accepts: \(reason.endedAsSentence)"
        }
    }
}
