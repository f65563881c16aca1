@testable import Lookup
@testable import PluginConfiguration
import Docker
import Images
import Testing

@Suite struct LayerPlanTests {
    private static func image(_ tag: String) throws -> ImageReference {
        try ImageReference(repository: RepositoryName("host.example/app"), tag: tag)
    }

    private static func places() throws -> LayerPlan.Places {
        LayerPlan.Places(
            cacheImage: try image("cache-key"),
            fallbackImage: try image("latest"),
            layersImage: try image("layers")
        )
    }

    /// The builders, and whether each is safe with inline metadata.
    private static let builders: [String: (builder: Builder, isSafe: Bool)] = [
        "legacy": (.legacy, false), "old": (.buildKit, false), "new": (.buildKit, true), "buildx": (.buildx, true),
    ]

    private static func plan(
        _ builder: String,
        _ change: (inout LayerPlan.Circumstances) -> Void
    ) throws -> LayerPlan {
        let (builder, isSafe) = try #require(builders[builder])
        var now = LayerPlan.Circumstances(builder: builder, isSafeWithInlineCache: isSafe)
        now.registry = try places()
        change(&now)
        return try LayerPlan(now)
    }

    @Test(
        arguments: [
            ("legacy", .auto, ["latest"], "none"), ("old", .auto, [], "none"), ("new", .auto, ["latest"], "inline"),
            ("buildx", .auto, ["latest"], "inline"),
            ("legacy", .inline, ["latest"], "none"), ("old", .inline, ["latest"], "inline"),
            ("new", .inline, ["latest"], "inline"), ("buildx", .inline, ["latest"], "inline"),
            ("buildx", .max, ["layers"], "layers"),
            ("legacy", .off, [], "none"), ("old", .off, [], "none"), ("new", .off, [], "none"),
            ("buildx", .off, [], "none"),
        ] as [(String, CacheConfiguration.LayerCache, [String], String)]
    )
    func whatIsTakenAndKeptDependsOnTheBuilder(
        builder: String,
        layerCache: CacheConfiguration.LayerCache,
        sources: [String],
        export: String
    ) throws {
        let plan = try Self.plan(builder) { $0.layerCache = layerCache }
        #expect(plan.ownSources.map(\.tag) == sources)
        let kept =
            switch plan.export {
            case .none: "none"
            case .inline: "inline"
            case .registry(let reference): reference.tag
            }
        #expect(kept == export)
        #expect(plan.pullsSources == (builder == "legacy"))
        #expect((plan.notice != nil) == (builder == "old" && layerCache == .auto))
    }

    @Test func theFinishedImageComesFirstWhereItWasNotAskedFor() throws {
        let plan = try Self.plan("new") { now in
            now.strategy = .build
            now.mayHaveFinishedImage = true
        }
        #expect(plan.ownSources.map(\.tag) == ["cache-key", "latest"])
    }

    @Test(arguments: ["legacy", "new", "buildx"])
    func theStrategyArtifactTakesNoLayers(builder: String) throws {
        let plan = try Self.plan(builder) { now in
            now.strategy = .artifact
            now.mayHaveFinishedImage = true
        }
        #expect(plan.ownSources == [])
    }

    @Test(arguments: ["legacy", "new", "buildx"])
    func anExpiredImageIsBuiltFromNothing(builder: String) throws {
        let plan = try Self.plan(builder) { now in
            now.startsAnew = true
            now.givenSources = [.image("alpine")]
        }
        #expect(plan.ownSources == [] && plan.givenSources == [])
    }

    @Test(arguments: ["new", "buildx"])
    func whoSavesNothingKeepsNoLayersAndTakesThem(builder: String) throws {
        let plan = try Self.plan(builder) { $0.saves = false }
        #expect(plan.export == .none)
        #expect(plan.ownSources.map(\.tag) == ["latest"])
    }

    @Test func withoutARegistryThereIsNothingOfOurs() throws {
        let plan = try Self.plan("buildx") { now in
            now.registry = nil
            now.givenSources = [.other("type=local,src=x")]
        }
        #expect(plan.ownSources == [] && plan.export == .none)
        #expect(plan.givenSources == [.other("type=local,src=x")])
    }

    @Test func layersOfAllStagesAreRefusedWhereTheBuilderCannotSendThem() {
        #expect(throws: LayerCacheError.cannotExport(obstacle: "the builder is not buildx")) {
            try Self.plan("new") { now in
                now.layerCache = .max
                now.obstacleToExport = "the builder is not buildx"
            }
        }
        #expect(throws: Never.self) {
            try Self.plan("new") { now in
                now.layerCache = .max
                now.saves = false
                now.obstacleToExport = "the builder is not buildx"
            }
        }
    }

    @Test(arguments: ["legacy", "old", "new"])
    func buildxsKindsOfSourcesAreRefusedElsewhere(builder: String) {
        #expect(throws: LayerCacheError.needsBuildx(source: "type=gha")) {
            try Self.plan(builder) { $0.givenSources = [.image("alpine"), .other("type=gha")] }
        }
    }
}
