import Docker
import Images
import Providers
import Registry

extension Surroundings {
    /// Runs `body` with a way to ask registries, whose connections are closed afterwards.
    ///
    /// - Parameter provider: whose registry may be insecure, and whose login is shown to it; nil where there is none
    func withRegistries<Result>(
        provider: (any Provider)? = nil,
        _ body: (RegistryAccess) async throws -> Result
    ) async throws -> Result {
        var settings = RegistrySettings(environment: environment)
        if let provider, provider.isInsecure, let host = provider.repository?.host {
            settings.insecureRegistries.append(host)
        }
        let login = provider?.login
        let access = RegistryAccess(settings: settings, time: .ofThisMachine(), log: log) { key in
            if let login, login.host == key {
                return .password(username: login.username, password: login.password)
            }
            let credentials = try DockerCredentials(environment: environment, home: home, log: log)
            return try await credentials.credential(for: key).map(RegistryCredential.init)
        }
        do {
            let result = try await body(access)
            await access.shutdown()
            return result
        } catch {
            await access.shutdown()
            throw error
        }
    }
}

extension RegistryCredential {
    /// What Docker keeps, as the registry is shown it.
    init(_ credential: DockerCredential) {
        switch credential {
        case .password(let username, let password): self = .password(username: username, password: password)
        case .identityToken(let token): self = .identityToken(token)
        }
    }
}
