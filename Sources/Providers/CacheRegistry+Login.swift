import Docker
import Images
import Logging
import Registry

/// How it is made sure that Docker has a login that the registry accepts.
extension CacheRegistry {
    /// Asks the registry, and if it does not accept a login that may have ended, once more with another one.
    ///
    /// - Parameter isEarly: whether it may be asked as soon as it is known what to log in with, while docker does that
    func loggedIn<Result: Sendable>(
        isEarly: Bool = false,
        _ ask: (RegistryClient) async throws(RegistryError) -> Result
    ) async throws -> Result {
        while true {
            let early = isEarly ? try await earlyWay() : nil
            if early == nil { try await logIn() }
            let (way, before) = (early ?? loginWay, renewals)
            let client = try await access.client(for: repository)
            do throws(RegistryError) {
                return try await ask(client)
            } catch {
                if let early {
                    // What keeps docker from logging in is what people are told, whatever this question met.
                    try await logIn()
                    if error.isOfLogin, loginWay != early { continue }
                }
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
        // It is what has just been refused, no matter who put it there.
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
        guard let (login, isOurs) = try begunLogin() else { return }
        try await withTaskCancellationHandler {
            try await login.making.valueUnlessCancelled()
        } onCancel: {
            if isOurs { login.cancel() }
        }
    }

    /// The way of the login that docker is making, once the registry can be asked with what that way gave. Nil where no
    /// login is being made, or where what is asked with is known to Docker alone.
    func earlyWay() async throws -> LoginWay? {
        guard let (login, isOurs) = try begunLogin() else { return nil }
        do {
            _ = try await withTaskCancellationHandler {
                try await login.finding.valueUnlessCancelled()
            } onCancel: {
                if isOurs { login.cancel() }
            }
        } catch {
            try Task.checkCancellation()
            // A task that waits for the login is told.
            return nil
        }
        return shownWay
    }

    /// Waits for a login that is still being made, so that it is there for what comes after this run.
    ///
    /// - Parameter isNeeded: false to give it up
    package func endLogin(isNeeded: Bool) async {
        guard let login = pendingLogin else { return }
        if !isNeeded { login.cancel() }
        await withTaskCancellationHandler {
            if case .failure(let error) = await login.making.result {
                tools.log.debug("The login that was still being made did not succeed: \(error)")
            }
        } onCancel: {
            login.cancel()
        }
    }

    /// The login that is being made, and whether it is this call that began it. Nil where there is one that holds.
    private func begunLogin() throws -> (login: PendingLogin, isOurs: Bool)? {
        guard let identity = provider.loginIdentity(tools) else { return nil }
        if let pendingLogin { return (pendingLogin, false) }
        var ways = type(of: provider).loginWays.filter { $0 != .docker && !refused.contains($0) }
        switch login {
        case .failed(let error): throw error
        case .lasting(_, let endsAt):
            let isCurrent = tools.now() + LoginDecision.margin < endsAt
            if isCurrent, access.logins.isLast(identity, at: host) { return nil }
            if isCurrent { ways = type(of: provider).loginWays.filter { $0 != .docker } }
        case .unknown:
            switch decision(identity) {
            case .keep(let endsAt):
                login = .lasting(.docker, endsAt: endsAt)
                access.logins.note(identity, at: host)
                return nil
            case .make(let found): ways = found
            }
        }
        if ways.first == .docker {
            tools.log.debug("Docker has a login for \(host) already.")
            login = .lasting(.docker, endsAt: tools.now() + Self.usualLifetime)
            access.logins.note(identity, at: host)
            return nil
        }
        let finding = Task { [ways] in try await find(by: ways) }
        let making = Task { [ways] in try await makeLogin(as: identity, finding, by: ways) }
        let begun = PendingLogin(finding: finding, making: making)
        pendingLogin = begun
        return (begun, true)
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

    /// Has docker log in with what `finding` finds.
    private func makeLogin(as identity: String, _ finding: Finding, by ways: [LoginWay]) async throws {
        // Before anyone who waits for it goes on.
        defer { (pendingLogin, shownWay) = (nil, nil) }
        do {
            login = try await logInAnew(as: identity, with: try await finding.value, by: ways)
        } catch {
            // Who was told to stop has found out nothing.
            if !Task.isCancelled { login = .failed(error) }
            try await takeBack()
            throw error
        }
    }

    /// Finds what to log in with, by the first of the ways that leads there. From then on the registry is asked with
    /// that, so that no question waits for docker.
    private func find(by ways: [LoginWay]) async throws -> (way: LoginWay, login: ProviderLogin) {
        let found = try await tools.firstLogin(of: provider, to: repository, by: ways)
        if case .password(let username, let password, _, _) = found.login {
            await tools.redact(password)
            let credential = RegistryCredential.password(username: username, password: password)
            _ = try await access.renewedClient(for: repository, credential: credential)
            shownWay = found.way
        }
        return found
    }

    /// Asks the registry with what Docker has, from now on.
    private func takeBack() async throws {
        guard shownWay != nil else { return }
        shownWay = nil
        _ = try await access.renewedClient(for: repository)
    }

    /// - Parameters:
    ///   - found: what the first of the ways that leads there gave
    ///   - ways: those that were tried
    private func logInAnew(
        as identity: String,
        with found: (way: LoginWay, login: ProviderLogin),
        by ways: [LoginWay]
    ) async throws -> LoginState {
        let way = found.way
        var lifetime = Self.usualLifetime
        if case .password(let username, let password, let given, let origin) = found.login {
            do throws(DockerError) {
                try await docker.logIn(to: host, username: username, password: password)
            } catch {
                let rest = ways.filter { $0 != way }
                guard case .failed = error, !rest.isEmpty,
                    tools.mayHaveAnotherAccount(than: way, of: provider)
                else { throw error }
                tools.log.debug("The registry does not take \(origin): \(error)")
                refused.insert(way)
                try await takeBack()
                return try await logInAnew(as: identity, with: try await find(by: rest), by: rest)
            }
            if let given { lifetime = given.components.seconds * 1000 }
            if way != .options { tools.log.notice("Logged in to \(host) with \(origin).") }
        }
        let endsAt = tools.now() + lifetime
        access.logins.note(identity, at: host)
        tools.memory.remember(
            RememberedLogin(identity: identity, endsAt: endsAt),
            host: host,
            configuration: tools.dockerConfiguration
        )
        // The one that was used so far may have been told that there are no credentials.
        if shownWay != way { _ = try await access.renewedClient(for: repository) }
        return .lasting(way, endsAt: endsAt)
    }
}

/// Ends when it is known what to log in with.
typealias Finding = Task<(way: LoginWay, login: ProviderLogin), any Error>

/// A login that is being made.
struct PendingLogin {
    let finding: Finding
    /// Ends when docker has logged in.
    let making: Task<Void, any Error>

    func cancel() {
        finding.cancel()
        making.cancel()
    }
}

extension Task where Failure == any Error {
    /// The value. One who waits and is cancelled waits no longer, and the task goes on for the others.
    func valueUnlessCancelled() async throws -> Success {
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        Task<Void, Never> {
            _ = await result
            end.finish()
        }
        for await _ in ended {}
        try Task<Never, Never>.checkCancellation()
        return try await value
    }
}
