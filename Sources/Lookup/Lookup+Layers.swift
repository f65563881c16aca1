import Buildkite
import Docker
import Fingerprint
import Host
import Images
import Inputs
import Logging
import PluginConfiguration
import Store

/// The layer sources of a build.
extension Lookup {
    /// Plans the use of layers in this build. Queries the capabilities of buildx if the plan depends on them.
    func layerPlan(_ computed: ComputedKey, _ cause: BuildCause, _ builder: UsedBuilder) async throws -> LayerPlan {
        var now = LayerPlan.Circumstances(
            builder: builder.capabilities.builder,
            isSafeWithInlineCache: builder.capabilities.isSafeWithInlineCache
        )
        now.layerCache = cache.layerCache
        now.strategy = cache.strategy
        now.givenSources = cache.cacheFrom
        now.saves = cache.saves
        now.verifies = sources.contains { policy(at: $0.place) != nil }
        now.startsAnew = cause.startsAnew(maximumAge: cache.maximumAge)
        now.mayHaveFinishedImage = cause.reason.outcome == .bypassed && computed.obstacle == nil
        if cache.layerCache == .max, cache.saves {
            now.obstacleToExport = try await daemon.obstacleToLayerExport(
                builder.capabilities.builder,
                named: builder.name
            )
        }
        if cause.registry == .available { now.registry = try layerPlaces(computed, home) }
        if let trusted, cause.trustedRegistry == .available {
            now.trustedRegistry = try layerPlaces(computed, trusted)
        }
        return try LayerPlan(now)
    }

    private func layerPlaces(_ computed: ComputedKey, _ source: LookupSource) throws -> LayerPlan.Places? {
        guard source.registry != nil, let cacheImage = try source.place.cacheImage(computed.key),
            let fallbackImage = try source.place.fallbackImage(),
            let layersImage = try source.place.layersImage(
                target: inputs.target,
                platform: computed.circumstances.platforms.target
            )
        else { return nil }
        return LayerPlan.Places(cacheImage: cacheImage, fallbackImage: fallbackImage, layersImage: layersImage)
    }

    /// The available sources to pass to the builder. Pulls them first if the builder needs that.
    func layerSources(_ computed: ComputedKey, _ plan: LayerPlan) async throws -> [LayerSource] {
        if plan.pullsSources, plan.givenSources.isEmpty, try await hasBuiltHere() {
            // With a named source, this builder would ignore everything else in its cache.
            return []
        }
        var sources: [LayerSource] = []
        for place in self.sources {
            guard let registry = place.registry else { continue }
            let images = plan.ownSources.filter { $0.repository == registry.repository }
            sources = try await ownSources(computed, images, place.place, registry, pulls: plan.pullsSources)
            if !sources.isEmpty { break }
        }
        for source in plan.givenSources {
            if plan.pullsSources {
                guard try await pull(given: source) else { continue }
            }
            if !sources.contains(source) { sources.append(source) }
        }
        if !sources.isEmpty {
            let names = sources.map(\.shown).joined(separator: ", ")
            surroundings.output.line("Layers may be taken from \(names).")
        }
        return sources
    }

    /// Whether the daemon has an image that was built on this agent, so that its builder has the layers in its cache.
    private func hasBuiltHere() async throws -> Bool {
        let newest = index.attempt { try $0.entries.lastBuilt(scope: cache.writtenScope(cache.place)) } ?? nil
        guard let id = newest?.localImageID else { return false }
        return try await daemon.inspectImage(id) != nil
    }

    /// The first of our own images that the registry has. A second one costs the builder time, and with containerd's
    /// image store it can prevent BuildKit from finding the layers of the first (28.5).
    private func ownSources(
        _ computed: ComputedKey,
        _ images: [ImageReference],
        _ place: CachePlace,
        _ registry: any LookupRegistry,
        pulls: Bool
    ) async throws -> [LayerSource] {
        do {
            for reference in images {
                guard let digest = try await registry.digest(of: reference),
                    try await isSignedForLayers(
                        digest,
                        reference,
                        place,
                        registry,
                        computed.circumstances.platforms.target
                    )
                else { continue }
                let isPinned = policy(at: place) != nil
                guard pulls else { return [isPinned ? .image("\(registry.repository)@\(digest)") : .image(reference)] }
                surroundings.output.group(.folded, "Pulling \(reference) for its layers")
                guard try await registry.pull(digest, platform: inputs.platform) == .pulled else { continue }
                return [.image("\(registry.repository)@\(digest)")]
            }
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.warning("Layers could not be taken from \(registry.repository): \(error)")
        }
        return []
    }

    private func pull(given source: LayerSource) async throws -> Bool {
        do {
            if try await daemon.pull(source.description, platform: nil, progress: surroundings.output.descriptor)
                == .pulled
            {
                return true
            }
            surroundings.output.line("\(source.shown), of the option cache-from, is not in its registry.")
        } catch {
            try rethrowIfFatal(error)
            surroundings.log.warning("Layers could not be taken from \(source.shown): \(error)")
        }
        return false
    }
}
