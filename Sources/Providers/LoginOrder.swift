package import Images
import Logging
import Processes
package import Registry

/// The source of Docker's login for a registry.
package enum LoginWay: Sendable, CustomStringConvertible {
    /// Docker already has a login: in its configuration, or from a credential helper that its configuration names.
    case docker
    /// The options give the user and password, or name variables that hold them.
    case options
    /// The cloud's API returns a password.
    case api
    /// The cloud's command line returns a password or configures Docker.
    case tool

    /// The way as messages name it.
    package var description: String {
        switch self {
        case .docker: "Docker's own login"
        case .options: "the options"
        case .api: "the cloud's API"
        case .tool: "the command line"
        }
    }
}

/// A failed attempt to log in, and why it failed.
package struct LoginAttempt: Equatable, Sendable {
    package let way: LoginWay
    package let problem: String

    init(way: LoginWay, _ error: ProviderError) {
        self.way = way
        // Leaves out the purpose, which the message states once for all attempts.
        if case .cloud(let cause, _, let advice) = error {
            problem = "\(cause)".endedAsSentence + (advice.map { " \($0)" } ?? "")
        } else {
            problem = "\(error)"
        }
    }
}

/// The kind of credentials that Docker's configuration has for a registry.
package enum DockerEntry: Equatable, Sendable {
    case none
    /// A password, which may have expired.
    case stored
    /// A credential helper, which docker runs each time.
    case helper
}

/// The decision on which login to use.
package enum LoginDecision: Equatable, Sendable {
    /// Use the login of an earlier run.
    case keep(endsAt: Int64)
    /// Log in by one of these ways, tried in order.
    case make([LoginWay])

    /// The minimum time left before a login expires, in milliseconds, so that it does not expire during an operation.
    package static let margin: Int64 = 30_000

    /// - Parameters:
    ///   - ways: the provider's login ways, in order
    ///   - remembered: the last login made to this host, if known
    ///   - identity: the identity that needs a login
    ///   - entry: the credentials in Docker's configuration
    ///   - refused: the ways that yielded a login that the registry rejected in this run
    ///   - now: milliseconds since 1970
    package static func decide(
        ways: [LoginWay],
        remembered: RememberedLogin?,
        identity: String,
        entry: DockerEntry,
        refused: Set<LoginWay>,
        now: Int64
    ) -> LoginDecision {
        if let remembered, remembered.identity == identity, now + margin < remembered.endsAt, entry != .none,
            refused.isEmpty
        {
            return .keep(endsAt: remembered.endsAt)
        }
        return .make(
            ways.filter { way in
                guard way == .docker else { return !refused.contains(way) }
                switch entry {
                case .none: return false
                // With a remembered login, the stored password is ours: it has expired, or it belongs to another
                // identity.
                case .stored: return remembered == nil && refused.isEmpty
                case .helper: return !refused.contains(way)
                }
            }
        )
    }
}

extension RegistryError {
    /// Whether another login may succeed.
    package var isOfLogin: Bool { [.unauthorised, .forbidden, .credentialsUnavailable].contains(reason) }
}

extension ProviderTools {
    /// Whether the provider's tool is installed and may use a different account than the API did.
    func mayHaveAnotherAccount(than way: LoginWay, of provider: any Provider) -> Bool {
        way == .api && type(of: provider).toolHasOwnAccount && has(type(of: provider).toolName)
    }

    /// The credentials of the first way that yields any. Skips Docker's own login.
    ///
    /// If the API rejects the account or does not answer, a tool that uses the same account is not tried.
    package func firstLogin(
        of provider: any Provider,
        to repository: RepositoryName,
        by ways: [LoginWay]
    ) async throws(ProviderError) -> (way: LoginWay, login: ProviderLogin) {
        var attempts: [LoginAttempt] = []
        var last: ProviderError?
        for way in ways where way != .docker {
            do throws(ProviderError) {
                let login = try await provider.login(to: repository, by: way, self)
                return (way, login)
            } catch {
                log.debug("No login by \(way): \(error)")
                attempts.append(LoginAttempt(way: way, error))
                last = error
                if case .cloud(let cause, _, _) = error, cause.isTheAccounts, !type(of: provider).toolHasOwnAccount {
                    break
                }
            }
        }
        if attempts.count == 1, let last { throw last }
        throw .everyWayFailed(purpose: "log in to \(repository.host ?? "the registry")", attempts: attempts)
    }
}
