package import Images
import Logging
import Processes
package import Registry

/// A way in which Docker gets its login for a registry.
package enum LoginWay: Sendable, CustomStringConvertible {
    /// It has one already: in its configuration, or from a credential helper that its configuration names.
    case docker
    /// The options say user and password, or where to get them.
    case options
    /// The cloud's API gives a password.
    case api
    /// The cloud's command line does.
    case tool

    /// As it stands in messages.
    package var description: String {
        switch self {
        case .docker: "Docker's own login"
        case .options: "the options"
        case .api: "the cloud's API"
        case .tool: "the command line"
        }
    }
}

/// What happened to one way.
package struct LoginAttempt: Equatable, Sendable {
    package let way: LoginWay
    package let problem: String

    init(way: LoginWay, _ error: ProviderError) {
        self.way = way
        // What it was for is said once for all.
        if case .cloud(let cause, _, let advice) = error {
            problem = "\(cause)".endedAsSentence + (advice.map { " \($0)" } ?? "")
        } else {
            problem = "\(error)"
        }
    }
}

/// What Docker's configuration has for a registry.
package enum DockerEntry: Equatable, Sendable {
    case none
    /// A password, which may have ended.
    case stored
    /// A program that is asked each time.
    case helper
}

/// Which login is used: the one place that decides it.
package enum LoginDecision: Equatable, Sendable {
    /// The one that was made in an earlier run.
    case keep(endsAt: Int64)
    /// One of these, tried in order.
    case make([LoginWay])

    /// How much longer a login has to last than now, so that it does not end in the middle of something.
    package static let margin: Int64 = 30_000

    /// - Parameters:
    ///   - ways: the provider's, in order
    ///   - remembered: the last login that we made to this host, if we know of one
    ///   - identity: whose login is needed
    ///   - entry: what Docker has
    ///   - refused: what the registry did not accept in this run
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
                // What is stored is what we remember: it has ended, or is someone else's.
                case .stored: return remembered == nil && refused.isEmpty
                case .helper: return !refused.contains(way)
                }
            }
        )
    }
}

extension RegistryError {
    /// Whether another login may help.
    package var isOfLogin: Bool { [.unauthorised, .forbidden, .credentialsUnavailable].contains(reason) }
}

extension ProviderTools {
    /// Whether the provider's tool is there, with an account that may be another than its API was asked with.
    func mayHaveAnotherAccount(than way: LoginWay, of provider: any Provider) -> Bool {
        way == .api && type(of: provider).toolHasOwnAccount && has(type(of: provider).toolName)
    }

    /// What the first of the ways that leads anywhere gives to log in with. Docker's own is none of them.
    ///
    /// Where the API refuses the account, or does not answer, a tool that uses the same account is not tried.
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
