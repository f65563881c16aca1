import Buildkite
package import Docker
package import Host
import Logging
package import Images
package import PluginConfiguration
package import Providers
import Registry

/// Creates what contacts providers and registries, in one place.
extension Surroundings {
    /// The parts of this machine that a provider may use.
    package func providerTools(remembering memory: any ProviderMemory) -> ProviderTools {
        ProviderTools(environment: environment, home: home, memory: memory, now: now, log: log)
    }

    /// Runs `body` with access to registries, and closes the connections afterwards.
    ///
    /// - Parameters:
    ///   - place: its provider decides whether its registry may use plain http or have an untrusted certificate
    ///   - credential: the credential for every registry that `body` contacts; nil for those that Docker has
    package func withRegistries<Result>(
        of place: CachePlace? = nil,
        credential: RegistryCredential? = nil,
        _ body: (RegistryAccess) async throws -> Result
    ) async throws -> Result {
        var settings = RegistrySettings(environment: environment)
        if let host = place?.provider.insecureHost { settings = settings.allowingInsecure(host) }
        let access = RegistryAccess(
            settings: settings,
            time: .ofThisMachine(),
            log: log,
            mirrors: { [environment, log] in
                do {
                    return try await DockerClient(environment: environment, log: log).registryMirrors()
                } catch {
                    log.debug("The daemon could not be queried for its registry mirrors: \(error)")
                    return []
                }
            }
        ) { key in
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

    /// The registry of a place; nil if the provider has none, or if the registry could not be determined.
    package func registry(
        of place: CachePlace,
        _ docker: DockerClient,
        _ tools: ProviderTools,
        _ access: RegistryAccess
    ) -> CacheRegistry? {
        place.repository.map { repository in
            CacheRegistry(
                provider: place.provider,
                repository: repository,
                docker: docker,
                access: access,
                tools: tools,
                progress: output.descriptor
            )
        }
    }
}
