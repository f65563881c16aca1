package import Images
package import Options
import Processes

/// A place where cache images are kept: what it is called, which options it has, and how one logs in.
///
/// Whatever providers have in common is done once, by ``CacheRegistry`` and the lookup.
package protocol Provider: Sendable {
    /// The word that the option `provider` takes.
    static var name: String { get }

    /// The provider's own options.
    static var options: [OptionDefinition] { get }

    /// Whether there is a registry at all.
    static var hasRegistry: Bool { get }

    /// Checks the provider's options, and does nothing else.
    ///
    /// - Parameter environment: where `$NAME` takes its value from, or nil where it is too early to ask: the
    ///   variable may be set by a hook that has yet to run.
    init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError)

    /// The same provider with the repository that untrusted builds write to, beside the one of trusted builds. The
    /// registry's permissions can tell both apart.
    ///
    /// Throws ``OptionError`` where none can be had.
    func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> Self

    /// The repository that cache images are pushed to and pulled from; nil for a provider without a registry.
    ///
    /// Asks the provider's tool only for what neither the options nor the memory say.
    func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName?

    /// Whose login is needed, in words that name no secret; nil where no one has to log in. A login that is remembered
    /// under other words is not taken for this one.
    func loginIdentity(_ tools: ProviderTools) -> String?

    /// The ways in which Docker gets its login, in the order in which they are tried.
    static var loginWays: [LoginWay] { get }

    /// Whether the provider's tool may have another account than its API is asked with: then a registry that refuses
    /// the one may take the other.
    static var toolHasOwnAccount: Bool { get }

    /// The provider's command line; empty for none.
    static var toolName: String { get }

    /// Finds what to log in with, in one of the ``loginWays`` but Docker's own. Called only where no login lasts, and
    /// never for an image that is on the agent already.
    func login(
        to repository: RepositoryName,
        by way: LoginWay,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin

    /// Makes the repository, because a push says that it is not there. False if it was there all the time, or if no one
    /// here knows better than what the registry said.
    ///
    /// Throws ``ProviderError/repositoryMissing(_:advice:)`` where only people can make it.
    func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool

    /// What is to be done for the repository after something was saved in it, such as a policy on how long images stay.
    func maintain(_ repository: RepositoryName, _ tools: ProviderTools) async throws(ProviderError)

    /// Whether the registry may speak plain http, or have a certificate that no one trusts.
    var isInsecure: Bool { get }
}

extension Provider {
    package static var hasRegistry: Bool { true }

    package static var loginWays: [LoginWay] { [.options] }

    package static var toolHasOwnAccount: Bool { false }

    package static var toolName: String { "" }

    package var isInsecure: Bool { false }

    package func maintain(_ repository: RepositoryName, _ tools: ProviderTools) async throws(ProviderError) {}

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        false
    }
}

/// How Docker is logged in to a provider's registry.
package enum ProviderLogin: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `docker login` with these. The lifetime is nil where they are good until someone changes them. The origin
    /// completes "logged in with …".
    case password(username: String, password: String, lifetime: Duration?, origin: String)
    /// Docker's configuration names a helper that always has fresh ones.
    case helper

    /// Without the password, so that it can be interpolated by mistake.
    package var description: String {
        switch self {
        case .password(let username, _, _, _): "the password of \(username)"
        case .helper: "a credential helper"
        }
    }

    /// Keeps the password out of `dump` as well.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

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
    /// The cloud's API could not be used.
    case cloud(CloudError, purpose: String, advice: String?)
    /// Several ways were tried, and none led there. `attempts` says of each what happened to it.
    case everyWayFailed(purpose: String, attempts: [LoginAttempt])
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
        case .cloud(let error, let purpose, let advice):
            "It was not possible to \(purpose): \("\(error)".endedAsSentence)" + (advice.map { " \($0)" } ?? "")
        case .everyWayFailed(let purpose, let attempts):
            "No way was found to \(purpose). "
                + attempts.map { "By \($0.way): \($0.problem.endedAsSentence)" }.joined(separator: " ")
        case .malformedName(let name, let reason):
            "\(name) is not a name Docker accepts: \(reason.endedAsSentence)"
        }
    }
}
