package import Images
package import Options
import Processes

/// A place that stores cache images: its name, its options, and how to log in.
///
/// ``CacheRegistry`` and the lookup do everything that providers have in common.
package protocol Provider: Sendable {
    /// The provider's value of the option `provider`.
    static var name: String { get }

    /// Where images are stored, in the text of the option `provider`.
    static var title: String { get }

    /// The options that belong to this provider.
    static var options: [OptionDefinition] { get }

    /// Whether the provider has a registry.
    static var hasRegistry: Bool { get }

    /// Validates the provider's options and does nothing else.
    ///
    /// - Parameter environment: the source of the values of `$NAME`; nil if a hook that has yet to run may set the
    ///   variables
    init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError)

    /// The same provider with the repository that untrusted builds write to. It is separate from the trusted
    /// repository, so that the registry's permissions can tell the two apart.
    ///
    /// Throws ``OptionError`` if there is no such repository.
    func ofUntrustedBuilds(_ choice: UntrustedRepository) throws(OptionError) -> Self

    /// The part of the repository's name on which the provider grants permissions: the repositories of trusted and of
    /// untrusted builds differ in it. Nil for a provider without a registry.
    var nameWithPermissions: String? { get }

    /// The repository that cache images are pushed to and pulled from; nil for a provider without a registry.
    ///
    /// Queries the provider only for values that neither the options nor the memory have.
    func repository(_ tools: ProviderTools) async throws(ProviderError) -> RepositoryName?

    /// The identity that needs a login, as a string without secrets; nil if no login is needed. A remembered login is
    /// used only if its identity is the same.
    func loginIdentity(_ tools: ProviderTools) -> String?

    /// The ways to get a login for Docker, in the order in which they are tried.
    static var loginWays: [LoginWay] { get }

    /// Whether the provider's tool may use a different account than the API. If so, a registry that rejects one may
    /// accept the other.
    static var toolHasOwnAccount: Bool { get }

    /// The name of the provider's command-line tool; empty for none.
    static var toolName: String { get }

    /// Finds credentials by one of the ``loginWays`` except Docker's own. Called only if no valid login exists, and
    /// never for an image that is already on the agent.
    func login(
        to repository: RepositoryName,
        by way: LoginWay,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> ProviderLogin

    /// Creates the repository after a push reported it missing. Returns false if it already existed, or if the provider
    /// cannot tell more than the registry's error does.
    ///
    /// Throws ``ProviderError/repositoryMissing(_:advice:)`` if a person has to create it.
    func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool

    /// Maintains the repository after something was saved in it, for example by setting a policy on how long images are
    /// kept.
    func maintain(_ repository: RepositoryName, _ tools: ProviderTools) async throws(ProviderError)

    /// The host of the registry, if it may use plain HTTP or an untrusted certificate; otherwise nil.
    var insecureHost: String? { get }
}

extension Provider {
    package static var hasRegistry: Bool { true }

    package static var loginWays: [LoginWay] { [.options] }

    package static var toolHasOwnAccount: Bool { false }

    package static var toolName: String { "" }

    package var insecureHost: String? { nil }

    package func maintain(_ repository: RepositoryName, _ tools: ProviderTools) async throws(ProviderError) {}

    package func createRepository(
        _ repository: RepositoryName,
        _ tools: ProviderTools
    ) async throws(ProviderError) -> Bool {
        false
    }
}

/// The credentials for a provider's registry.
package enum ProviderLogin: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Credentials for `docker login`. The lifetime is nil if they do not expire. The origin completes "logged in with
    /// …".
    case password(username: String, password: String, lifetime: Duration?, origin: String)
    /// Docker's configuration names a credential helper that always returns valid credentials.
    case helper

    /// Omits the password, so that accidental interpolation does not reveal it.
    package var description: String {
        switch self {
        case .password(let username, _, _, _): "the password of \(username)"
        case .helper: "a credential helper"
        }
    }

    /// Keeps the password out of `dump` as well.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// An error of a provider, apart from the errors that its registry returns.
package enum ProviderError: Error, Equatable, CustomStringConvertible {
    /// The provider's tool is not on `PATH`.
    case toolMissing(tool: String, purpose: String, advice: String)
    /// The tool failed. Carries the command, its status and its error output.
    case toolFailed(command: String, status: Int32, message: String, advice: String?)
    case toolNotRun(command: String, reason: String)
    /// The tool did not finish within its time limit.
    case toolTimedOut(command: String, seconds: Int)
    /// The tool succeeded, but its output cannot be used. The output is not shown because it may be a secret.
    case unexpectedAnswer(command: String, problem: String)
    /// No setting determines the account, region or registry.
    case unknown(what: String, advice: String)
    /// The repository or its registry does not exist, and cannot be created from here.
    case repositoryMissing(String, advice: String)
    /// The cloud's API could not be used.
    case cloud(CloudError, purpose: String, advice: String?)
    /// Several ways were tried, and all failed. `attempts` has the reason for each.
    case everyWayFailed(purpose: String, attempts: [LoginAttempt])
    /// The options combine to an invalid name.
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
            "Could not determine \(what). \(advice)"
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
