import Docker
import Images
import Logging
import Registry

/// Ensures that Docker has a login that the registry accepts.
extension CacheRegistry {
    /// Queries the registry. If it rejects a login that may have expired, retries with another one.
    ///
    /// - Parameter isEarly: whether to send the request as soon as the credentials are known, while docker is still
    ///   logging in
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
                    // A failed `docker login` takes precedence over the error of this request.
                    try await logIn()
                    if error.isOfLogin, loginWay != early { continue }
                }
                guard error.isOfLogin, renew(after: way, before, isDockers: false) else { throw error }
                tools.log.debug("\(repository) does not accept the login, by \(way?.description ?? ""): \(error)")
            }
        }
    }

    /// Lets docker transfer layers. If the registry rejects its login, retries with a new one: another job may have
    /// replaced it.
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

    /// Makes the next request log in again, after the registry has rejected the login by `way`. Returns false if no
    /// other login is left to try.
    ///
    /// - Parameters:
    ///   - before: the value of ``renewals`` when the request began. If another request has renewed the login since,
    ///     the new one has not been tried yet
    ///   - isDockers: whether docker used the login, which another job may have replaced meanwhile
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
        // Docker's login was just rejected, no matter who stored it.
        refused.insert(.docker)
        tools.memory.remember(nil, host: host, configuration: tools.dockerConfiguration)
        login = .unknown
        return true
    }

    private var loginWay: LoginWay? { if case .lasting(let way, _) = login { way } else { nil } }

    private var host: String { repository.host ?? RegistryReference.defaultHost }

    /// How long a login that does not expire is remembered, in milliseconds. Whether Docker still has it is checked
    /// each time.
    private static let usualLifetime: Int64 = 30 * 86_400_000

    /// Ensures that Docker is logged in. Does nothing if a login from an earlier run is still valid.
    package func logIn() async throws {
        while let (login, isOurs) = try await begunLogin() {
            do {
                return try await withTaskCancellationHandler {
                    try await login.making.valueUnlessCancelled()
                } onCancel: {
                    if isOurs { login.cancel() }
                }
            } catch {
                try Task.checkCancellation()
                // If the task that began the login was cancelled, this one begins another.
                guard login.isCancelled else { throw error }
            }
        }
    }

    /// Waits until the registry can be queried with the credentials of the pending login, and returns their way.
    /// Returns nil if no login is pending, or if only Docker knows the credentials.
    func earlyWay() async throws -> LoginWay? {
        guard let (login, isOurs) = try await begunLogin() else { return nil }
        do {
            _ = try await withTaskCancellationHandler {
                try await login.finding.valueUnlessCancelled()
            } onCancel: {
                if isOurs { login.cancel() }
            }
        } catch {
            try Task.checkCancellation()
            // The error is reported to the tasks that wait for the login.
            return nil
        }
        return shownWay
    }

    /// Waits for a pending login, so that later steps can use it.
    ///
    /// - Parameter isNeeded: false to cancel the login
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

    /// The pending login, and whether this call began it. Returns nil if no new login is needed.
    private func begunLogin() async throws -> (login: PendingLogin, isOurs: Bool)? {
        guard let identity = provider.loginIdentity(tools) else { return nil }
        // The end of the task removes it.
        while let cancelled = pendingLogin, cancelled.isCancelled { _ = await cancelled.making.result }
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

    /// Runs `docker login` with the credentials that `finding` returns.
    private func makeLogin(as identity: String, _ finding: Finding, by ways: [LoginWay]) async throws {
        // Runs before the tasks that wait for the login resume.
        defer { (pendingLogin, shownWay) = (nil, nil) }
        do {
            login = try await logInAnew(as: identity, with: try await finding.value, by: ways)
        } catch {
            // A cancelled login is not a failed one.
            if !Task.isCancelled { login = .failed(error) }
            try await takeBack()
            throw error
        }
    }

    /// Finds credentials by the first of the ways that yields any. From then on, requests to the registry use them and
    /// need not wait for docker.
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

    /// Makes later requests use Docker's credentials again.
    private func takeBack() async throws {
        guard shownWay != nil else { return }
        shownWay = nil
        _ = try await access.renewedClient(for: repository)
    }

    /// - Parameters:
    ///   - found: the first credentials that were found
    ///   - ways: the ways that `found` was chosen from
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
        // The current client may have cached that there are no credentials.
        if shownWay != way { _ = try await access.renewedClient(for: repository) }
        return .lasting(way, endsAt: endsAt)
    }
}

/// Finishes when the credentials are known.
typealias Finding = Task<(way: LoginWay, login: ProviderLogin), any Error>

/// A login in progress.
struct PendingLogin {
    let finding: Finding
    /// Finishes when docker has logged in.
    let making: Task<Void, any Error>

    var isCancelled: Bool { making.isCancelled }

    func cancel() {
        finding.cancel()
        making.cancel()
    }
}

extension Task where Failure == any Error {
    /// The value of the task. Cancelling the caller ends only its wait; the task continues for other callers.
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
