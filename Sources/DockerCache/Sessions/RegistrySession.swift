import Buildkite
import Docker
import Host
import Images
import Inputs
import Options
import PluginConfiguration
import Providers
import Store
import SystemPackage

/// From options to a registry, for commands that work on its contents: `gc`, `list`, `inspect` and `forget` with
/// `--registry`. They need no daemon.
enum RegistrySession {
    /// The options, read and checked. Also throws ``OptionError`` for a provider without a registry.
    static func configuration(
        _ options: OptionValues,
        _ surroundings: Surroundings
    ) throws(OptionError) -> CacheConfiguration {
        // Such a command names the place explicitly: the job's branch does not decide it.
        let owners = Trust.variables + [SignatureConfiguration.verifyVariable]
        let environment = surroundings.environment.filter { !owners.contains($0.key) }
        let cache = try CacheConfiguration(options, environment: environment, stage: .inCheckout)
        guard cache.place.hasRegistry else {
            throw .invalid(
                option: options.displayName(OptionTable.provider),
                value: cache.place.providerName,
                reason: "it has no registry to query."
            )
        }
        return cache
    }

    /// The options of a command, read and checked; nil without `--registry`.
    static func configuration(
        _ place: RegistryArguments<some RegistryUse>,
        _ surroundings: Surroundings
    ) throws(OptionError) -> CacheConfiguration? {
        guard place.registry else { return nil }
        var values = OptionValues(origin: .commandLine)
        place.add(to: &values)
        return try configuration(values, surroundings)
    }

    /// Runs `body` with the registry that the options name.
    ///
    /// - Parameter index: where logins and answers of providers are remembered; nil for nowhere
    static func run<Result>(
        _ configuration: CacheConfiguration,
        index: FilePath?,
        _ surroundings: Surroundings,
        _ body: (CacheConfiguration, CacheRegistry) async throws -> Result
    ) async throws -> Result {
        var cache = configuration
        let tools = surroundings.providerTools(
            remembering: IndexMemory(at: index, mark: cache.memoryMark, now: surroundings.now, log: surroundings.log)
        )
        try await cache.findRepositories(tools)
        let docker = try DockerClient(environment: surroundings.environment, log: surroundings.log)
        return try await surroundings.withRegistries(of: cache.place) { [cache] access in
            guard let registry = surroundings.registry(of: cache.place, docker, tools, access) else {
                throw RegistryUnknown()
            }
            do {
                let result = try await body(cache, registry)
                await registry.endLogin(isNeeded: true)
                return result
            } catch {
                await registry.endLogin(isNeeded: false)
                throw error
            }
        }
    }
}

/// The provider could not determine which registry is meant.
struct RegistryUnknown: Error, CustomStringConvertible {
    var description: String {
        "The provider does not determine the registry. Name it with the provider's options."
    }
}
