import Buildkite
import Garbage
import Inputs
import PluginConfiguration
import Docker
import Host
import Images
import Logging
import Options
import Providers
import Registry
import Store

/// `docker-cache gc --registry`: from options to what is gone from the registry.
enum RegistryGarbageSession {
    /// The options, read and checked. Throws ``OptionError`` for a provider without a registry, too.
    static func configuration(
        _ options: OptionValues,
        _ surroundings: Surroundings
    ) throws(OptionError) -> CacheConfiguration {
        let cache = try CacheConfiguration(options, environment: surroundings.environment, stage: .inCheckout)
        guard type(of: cache.provider).hasRegistry else {
            throw .invalid(
                option: options.displayName(OptionTable.provider),
                value: cache.providerName,
                reason: "it has no registry from which anything could be removed."
            )
        }
        return cache
    }

    static func run(
        _ configuration: CacheConfiguration,
        _ index: Index,
        isDryRun: Bool,
        _ surroundings: Surroundings
    ) async throws -> GarbageReport {
        var cache = configuration
        let tools = surroundings.providerTools(
            remembering: IndexMemory(at: index.path, now: surroundings.now, log: surroundings.log)
        )
        cache.repository = try await cache.provider.repository(tools)
        let docker = try DockerClient(environment: surroundings.environment, log: surroundings.log)
        return try await surroundings.withRegistry(of: cache, docker, tools) { [cache] registry, _ in
            guard let registry else { throw RegistryUnknown() }
            return try await collect(cache, registry, index, isDryRun: isDryRun, now: surroundings.now())
        }
    }

    private static func collect(
        _ cache: CacheConfiguration,
        _ registry: CacheRegistry,
        _ index: Index,
        isDryRun: Bool,
        now: Int64
    ) async throws -> GarbageReport {
        var expired: Set<String> = []
        var notOurs: [GarbageReport.Line] = []
        for tag in try await registry.tags() ?? [] {
            guard let cacheTag = CacheTag(tag), cacheTag.prefix == cache.tag else { continue }
            let reference = try ImageReference(repository: registry.repository, tag: tag)
            let named = try await registry.manifest(of: reference)
            let found = if let named { try await registry.image(in: named, platform: nil) } else { nil as RegistryImage? }
            switch RegistryGarbage.judge(
                cacheTag,
                image: cache.image,
                found?.configuration,
                maximumAge: cache.maximumAge,
                now: now
            ) {
            case .remove: expired.insert(tag)
            case .keep: break
            case .notOurs(let why):
                let line = GarbageReport.Line(kind: "cache image", name: "\(reference)", why: why, bytes: nil)
                notOurs.append(line)
            }
        }
        // The promise goes first.
        if !isDryRun {
            for tag in expired {
                guard let key = CacheTag(tag)?.key else { continue }
                let name = "\(registry.repository):\(tag)"
                try index.entries.releaseCacheImage(key: key, scope: cache.scope, cacheImage: name)
            }
        }
        let deletion = try await registry.delete(expired, isRehearsal: isDryRun)
        return RegistryGarbage.report(
            deletion,
            repository: registry.repository,
            notOurs: notOurs,
            isDryRun: isDryRun
        )
    }
}

/// The provider did not say which registry is meant.
struct RegistryUnknown: Error, CustomStringConvertible {
    var description: String {
        "The provider does not say which registry is meant. Name it with the provider's options."
    }
}
