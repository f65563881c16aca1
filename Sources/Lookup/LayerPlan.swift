import Options
package import PluginConfiguration
package import Docker
package import Images

/// Where a build takes layers from, and what it keeps for builds elsewhere. Pure: everything it depends on is handed
/// in.
package struct LayerPlan: Equatable {
    /// Images of our own that may hold layers, the best first. They are there, if the registry has them.
    var ownSources: [ImageReference] = []
    /// What the user names besides.
    var givenSources: [LayerSource] = []
    /// Whether the sources have to be on the agent before the build.
    var pullsSources = false
    package var export: LayerExport = .none
    /// For the log; nil where there is nothing to say.
    package var notice: String?

    /// What the plan depends on.
    package struct Circumstances: Equatable {
        package var layerCache = CacheConfiguration.LayerCache.auto
        package var strategy = CacheConfiguration.Strategy.hybrid
        var givenSources: [LayerSource] = []
        package var builder: Builder
        /// Whether the builder can write inline cache metadata without danger.
        package var isSafeWithInlineCache: Bool
        /// Why the builder cannot send layers to a registry; nil if it can. Counts where all stages' are to be kept.
        var obstacleToExport: String?
        package var saves = true
        /// Whether only what is signed may be used. The layers of all stages have no signature.
        package var verifies = false
        /// Whether nothing that is there already may go into the image.
        package var startsAnew = false
        /// Whether the finished image of this very key may be in the registry, and was not asked for.
        var mayHaveFinishedImage = false
        /// Nil without a registry, or where it does not answer.
        package var registry: Places?
        /// That of trusted builds, where this is not one: layers are taken from it, and not written to it.
        package var trustedRegistry: Places?
    }

    /// Where the registry may have layers.
    package struct Places: Equatable {
        /// The finished image of this key.
        package var cacheImage: ImageReference
        package var fallbackImage: ImageReference
        /// The layers of all stages.
        package var layersImage: ImageReference
    }

    /// Throws ``LayerCacheError`` for what this builder cannot do.
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
                No layers are kept for other agents, or taken from them: a Docker server before version 23 can crash \
                over it. With layer-cache: inline it is done nevertheless.
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

/// The builder of this agent cannot do with layers what the options ask for.
package enum LayerCacheError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    /// `layer-cache: max`, and why not.
    case cannotExport(obstacle: String)
    /// One of buildx's own kinds of `cache-from`.
    case needsBuildx(source: String)

    package var exitStatus: Int32 { ExitStatus.usage }

    package var description: String {
        switch self {
        case .cannotExport(let obstacle):
            "The option `layer-cache` is max, which this agent cannot do: \(obstacle). Or say layer-cache: auto. "
                + "Nothing was built."
        case .needsBuildx(let source):
            "The option `cache-from` has \(source), which buildx alone knows, and the builder is another. Install the "
                + "docker-buildx plugin (client 23 and later), or name an image. Nothing was built."
        }
    }
}
