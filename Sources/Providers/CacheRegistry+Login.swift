import Docker
import Images
import Logging
import Registry

/// How it is made sure that Docker has a login that the registry accepts.
extension CacheRegistry {
    /// Asks the registry, and if it does not accept a login that may have ended, once more with another one.
    func loggedIn<Result: Sendable>(
        _ ask: (RegistryClient) async throws(RegistryError) -> Result
    ) async throws -> Result {
        while true {
            try await logIn()
            let (way, before) = (loginWay, renewals)
            let client = try await access.client(for: repository)
            do throws(RegistryError) {
                return try await ask(client)
            } catch {
                guard error.isOfLogin, renew(after: way, before, isDockers: false) else { throw error }
                tools.log.debug("\(repository) does not accept the login, by \(way?.description ?? ""): \(error)")
            }
        }
    }

    /// Lets docker move layers, and if the registry does not accept its login, once more with a new one: another job
    /// may have put its own in its place.
    func withDockersLogin<Result>(_ move: () async throws -> Result) async throws -> Result {
        while true {
            try await logIn()
            let (way, before) = (loginWay, renewals)
            do {
                return try await move()
            } catch let error as DockerError where error.isUnauthorized && provider.loginIdentity(tools) != nil {
                guard renew(after: way, before, isDockers: true) else { throw error }
            }
        }
    }

    /// Makes the next question log in again, after the registry has refused the login by `way`. False if there is
    /// nothing to hope for.
    ///
    /// - Parameters:
    ///   - before: what ``renewals`` was then; one that another question has renewed meanwhile has not been tried yet
    ///   - isDockers: whether docker had it, which may have been given another's meanwhile
    private func renew(after way: LoginWay?, _ before: Int, isDockers: Bool) -> Bool {
        guard let way else { return false }
        guard renewals == before else { return true }
        switch way {
        case .docker: break
        case .api where tools.mayHaveAnotherAccount(than: way, of: provider): refused.insert(way)
        case .api, .options, .tool:
            guard isDockers, renewals == 0 else { return false }
        }
        renewals += 1
        // It is what has just been refused, whoever put it there.
        refused.insert(.docker)
        tools.memory.remember(nil, host: host, configuration: tools.dockerConfiguration)
        login = .unknown
        return true
    }

    private var loginWay: LoginWay? { if case .lasting(let way, _) = login { way } else { nil } }

    private var host: String { repository.host ?? RegistryReference.defaultHost }

    /// How long a login that does not end by itself is remembered. Whether Docker still has it is looked up each time.
    private static let usualLifetime: Int64 = 30 * 86_400_000

    /// Makes sure that Docker is logged in, unless that was done in an earlier run and still holds.
    package func logIn() async throws {
        guard let identity = provider.loginIdentity(tools) else { return }
        if let pendingLogin { return try await pendingLogin.value }
        var ways: [LoginWay]?
        switch login {
        case .failed(let error): throw error
        case .lasting(_, let endsAt):
            if tools.now() + LoginDecision.margin < endsAt { return }
        case .unknown:
            switch decision(identity) {
            case .keep(let endsAt):
                login = .lasting(.docker, endsAt: endsAt)
                return
            case .make(let found): ways = found
            }
        }
        let making = Task { try await makeLogin(as: identity, by: ways) }
        pendingLogin = making
        try await withTaskCancellationHandler {
            try await making.value
        } onCancel: {
            making.cancel()
        }
    }

    private func decision(_ identity: String) -> LoginDecision {
        LoginDecision.decide(
            ways: type(of: provider).loginWays,
            remembered: tools.memory.login(host: host, configuration: tools.dockerConfiguration),
            identity: identity,
            entry: tools.dockerEntry(for: host),
            refused: refused,
            now: tools.now()
        )
    }

    /// - Parameter ways: nil for what is left after one that has ended in this run
    private func makeLogin(as identity: String, by ways: [LoginWay]?) async throws {
        // Before anyone who waits for it goes on.
        defer { pendingLogin = nil }
        do {
            let left = type(of: provider).loginWays.filter { $0 != .docker && !refused.contains($0) }
            login = try await logInAnew(as: identity, by: ways ?? left)
        } catch {
            // Who was told to stop has found out nothing.
            if !Task.isCancelled { login = .failed(error) }
            throw error
        }
    }

    /// Takes the first way that leads there.
    private func logInAnew(as identity: String, by ways: [LoginWay]) async throws -> LoginState {
        if ways.first == .docker {
            tools.log.debug("Docker has a login for \(host) already.")
            return .lasting(.docker, endsAt: tools.now() + Self.usualLifetime)
        }
        let (way, found) = try await tools.firstLogin(of: provider, to: repository, by: ways)
        var lifetime = Self.usualLifetime
        if case .password(let username, let password, let given, let origin) = found {
            await tools.redact(password)
            do throws(DockerError) {
                try await docker.logIn(to: host, username: username, password: password)
            } catch {
                let rest = ways.filter { $0 != way }
                guard case .failed = error, !rest.isEmpty,
                    tools.mayHaveAnotherAccount(than: way, of: provider)
                else { throw error }
                tools.log.debug("The registry does not take \(origin): \(error)")
                refused.insert(way)
                return try await logInAnew(as: identity, by: rest)
            }
            if let given { lifetime = given.components.seconds * 1000 }
            if way != .options { tools.log.notice("Logged in to \(host) with \(origin).") }
        }
        let endsAt = tools.now() + lifetime
        tools.memory.remember(
            RememberedLogin(identity: identity, endsAt: endsAt),
            host: host,
            configuration: tools.dockerConfiguration
        )
        // The one that was used so far may have been told that there are no credentials.
        _ = try await access.renewedClient(for: repository)
        return .lasting(way, endsAt: endsAt)
    }
}
