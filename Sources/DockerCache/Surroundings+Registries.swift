import Docker
import Images
import Providers
import Registry

extension Surroundings {
    /// Runs `body` with a way to ask registries, whose connections are closed afterwards.
    ///
    /// - Parameter insecureHost: a registry that may speak plain http, or have a certificate that nobody trusts
    func withRegistries<Result>(
        insecureHost: String? = nil,
        _ body: (RegistryAccess) async throws -> Result
    ) async throws -> Result {
        var settings = RegistrySettings(environment: environment)
        if let insecureHost { settings.insecureRegistries.append(insecureHost) }
        let access = RegistryAccess(settings: settings, time: .ofThisMachine(), log: log) { key in
            let credentials = try DockerCredentials(environment: environment, home: home, log: log)
            return try await credentials.credential(for: key)
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
