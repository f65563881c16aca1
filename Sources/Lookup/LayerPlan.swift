import Options
package import PluginConfiguration
package import Docker
package import Images

/// The layer sources of a build, and the layers that it saves for other builders. Pure: all inputs are passed in.
package struct LayerPlan: Equatable {
    /// Images of our own that may hold layers, best first. Only those that the registry has become sources.
    var ownSources: [ImageReference] = []
    /// Further sources from the option `cache-from`.
    var givenSources: [LayerSource] = []
    /// Whether the sources must be pulled to the agent before the build.
    var pullsSources = false
    package var export: LayerExport = .none
    /// A line for the log; nil for none.
    package var notice: String?

    var hasSources: Bool { !ownSources.isEmpty || !givenSources.isEmpty }

    /// The inputs of the plan.
    package struct Circumstances: Equatable {
        package var layerCache = CacheConfiguration.LayerCache.auto
        package var strategy = CacheConfiguration.Strategy.hybrid
        var givenSources: [LayerSource] = []
        package var builder: Builder
        /// Whether the builder can safely write inline cache metadata.
        package var isSafeWithInlineCache: Bool
        /// Why the builder cannot export layers to a registry; nil if it can. Used only with `layer-cache: max`.
        var obstacleToExport: String?
        package var saves = true
        /// Whether only signed images may be used. The layers of all stages have no signature.
        package var verifies = false
        /// Whether the build must not reuse existing layers or base images.
        package var startsAnew = false
        /// Whether the registry may have the finished image of this key, because the lookup did not query it.
        var mayHaveFinishedImage = false
        /// Nil without a registry, or if it does not answer.
        package var registry: Places?
        /// The trusted registry, for an untrusted build. Layers are read from it and never written to it.
        package var trustedRegistry: Places?
    }

    /// The images in a registry that may have layers.
    package struct Places: Equatable {
        /// The finished image of this key.
        package var cacheImage: ImageReference
        package var fallbackImage: ImageReference
        /// The layers of all stages.
        package var layersImage: ImageReference
    }

    /// Throws ``LayerCacheError`` if the builder does not support the options.
    package init(_ now: Circumstances) throws(LayerCacheError) {
        try Self.check(now)
        export = Self.export(now)
        guard !now.startsAnew, now.strategy.takesLayers else { return }
        givenSources = now.givenSources
        pullsSources = now.builder == .legacy
        let registries = [now.trustedRegistry, now.registry].compactMap { $0 }
        guard !registries.isEmpty else { return }
        let finished = registries.flatMap { (now.mayHaveFinishedImage ? [$0.cacheImage] : []) + [$0.fallbackImage] }
        switch now.layerCache {
        case .off: break
        case .max where now.builder.isBuildKit && now.verifies:
            notice = """
                No layers are taken from the registry: those of layer-cache: max have no signature, and verify-key \
                asks for one. With layer-cache: inline they have one.
                """
        case .max where now.builder.isBuildKit: ownSources = registries.map(\.layersImage)
        case .auto where now.builder.isBuildKit && !now.isSafeWithInlineCache:
            notice = """
                No layers are kept for other agents, or taken from them: a Docker server before version 23 can crash. \
                To do it anyway, set layer-cache: inline.
                """
        case .auto, .inline, .max: ownSources = finished
        }
    }

    private static func check(_ now: Circumstances) throws(LayerCacheError) {
        if now.layerCache == .max, now.saves, let obstacle = now.obstacleToExport {
            throw .cannotExport(obstacle: obstacle)
        }
        guard now.builder != .buildx else { return }
        for source in now.givenSources {
            if case .other = source { throw .needsBuildx(source: source.shown) }
        }
    }

    private static func export(_ now: Circumstances) -> LayerExport {
        guard now.saves, now.builder.isBuildKit, let registry = now.registry else { return .none }
        switch now.layerCache {
        case .off: return .none
        case .max: return .registry(registry.layersImage)
        case .inline: return .inline
        case .auto: return now.isSafeWithInlineCache ? .inline : .none
        }
    }
}

/// This agent's builder does not support the layer options.
package enum LayerCacheError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    /// `layer-cache: max` is not possible, for this reason.
    case cannotExport(obstacle: String)
    /// A kind of `cache-from` that only buildx supports.
    case needsBuildx(source: String)

    package var exitStatus: Int32 { ExitStatus.usage }

    package var description: String {
        switch self {
        case .cannotExport(let obstacle):
            "The option `layer-cache` is max, which this agent does not support: \(obstacle). Or set layer-cache: "
                + "auto. Nothing was built."
        case .needsBuildx(let source):
            "The option `cache-from` has \(source), which only buildx supports, and this builder is not buildx. "
                + "Install the docker-buildx plugin (client 23 and later), or name an image. Nothing was built."
        }
    }
}
