import Docker
import Host
import HTTP
package import Images
package import Providers
import Registry

extension Surroundings {
    /// Runs `body` with a way to ask registries, whose connections are closed afterwards.
    ///
    /// - Parameters:
    ///   - insecureHost: a registry that may speak plain http, or have a certificate that nobody trusts
    ///   - credential: what `body` shows whichever registry it asks; nil for what Docker has
    package func withRegistries<Result>(
        insecureHost: String? = nil,
        credential: RegistryCredential? = nil,
        _ body: (RegistryAccess) async throws -> Result
    ) async throws -> Result {
        var settings = RegistrySettings(environment: environment)
        if let insecureHost { settings.insecureRegistries.append(insecureHost) }
        let access = RegistryAccess(settings: settings, time: .ofThisMachine(), log: log) { key in
            if let credential { return credential }
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
