import Buildkite
package import PluginConfiguration
package import Docker
import Fingerprint
package import Host
import Images
import Logging
package import Providers
import Registry
import Store
import SystemPackage

/// Computes the key from everything that is part of it.
package struct KeyComputation {
    package let configuration: InputConfiguration
    package let index: LookupIndex
    package let surroundings: Surroundings
    /// Queried for its platform only if it runs on another machine, for its version only if the index does not have it,
    /// and for base images before and after a build.
    package let docker: () throws -> DockerClient
    let baseImages: BaseImageInquiry
    let pinning: BaseImagePinning
    let remotePinning: RemotePinning
    /// Whether the whole context is scanned even if only a part of it is in the key, to report how many files it has.
    package var looksAtEverything = false

    /// The key of the current inputs.
    package func compute() async throws -> ComputedKey {
        let builder = try await builder()
        let dockerfile = configuration.cacheKey.isEmpty ? try dockerfile(builder) : []
        let (circumstances, precise) = try await circumstances(dockerfile, builder)
        return try compute(dockerfile, circumstances, precise)
    }

    /// Whether the inputs are those of the key and did not change in between. Called after a build; reads the inputs a
    /// second time. A file that was changed and changed back has a newer time.
    package func isStillTrue(_ key: ComputedKey) throws -> Bool {
        let circumstances = key.circumstances
        let dockerfile = configuration.cacheKey.isEmpty ? try dockerfile(circumstances.builder) : []
        let precise = preciseInputs(dockerfile, circumstances)
        let again = try compute(dockerfile, circumstances, precise)
        return again.key == key.key
            && again.context?.statistics.newestChange == key.context?.statistics.newestChange
    }

    /// The key with which a lookup continues if the inputs cannot be read: the builder may be able to read them.
    package func standIn(for obstacle: InputError) async throws -> ComputedKey {
        let platforms = try await platforms([])
        let circumstances = ComputedKey.Circumstances(platforms: platforms, builder: nil, dialect: nil, baseImages: [:])
        return ComputedKey(standingInFor: obstacle, circumstances)
    }

    func compute(
        _ dockerfile: [UInt8],
        _ circumstances: ComputedKey.Circumstances,
        _ precise: PreciseInputs?
    ) throws -> ComputedKey {
        var inputs = KeyInputs(platform: circumstances.platforms.target.description)
        inputs.target = configuration.additionalArguments?.target ?? configuration.target
        guard configuration.cacheKey.isEmpty else {
            inputs.cacheKey = try CacheKeyFiles.elements(
                configuration.cacheKey,
                of: configuration.cacheKeyOption,
                index: index,
                now: surroundings.now()
            )
            return ComputedKey(inputs, key: inputs.key, dockerfile: dockerfile, circumstances)
        }
        let arguments = arguments(dockerfile, circumstances.builder)
        let frontEnd = frontEnd(dockerfile, arguments, circumstances.builder)
        let (coverage, context, ignoreFile) = try cover(precise, circumstances, frontEnd)
        try ensureIndexIsOutside(context, configuration.context)
        inputs.cover(
            coverage,
            dockerfile: dockerfile,
            context: context,
            arguments: arguments,
            buildPlatform: circumstances.platforms.builder.description
        )
        inputs.additionalArguments = configuration.additionalArguments
        inputs.namedContexts = try namedContexts(frontEnd, coverage)
        inputs.environment = try countedVariables(circumstances.builder)
        if frontEnd != .docker { inputs.dockerfilePlace = try dockerfilePlace() }
        inputs.secretIdentifiers = configuration.secretIdentifiers
        inputs.baseImages = circumstances.pins?.map { ($0.keyName, $0.meaning.text) }
        inputs.remoteSources = (circumstances.remotePins ?? []).map { ($0.source, Array($0.meaning.text.utf8)) }
        if let builder = circumstances.builder?.builder, !builder.isBuildKit { inputs.builder = builder.rawValue }
        var unused: [String] = []
        if case .copied(let counted, _) = coverage { unused = counted.unused(arguments) }
        return ComputedKey(
            inputs: inputs,
            key: inputs.key,
            dockerfile: dockerfile,
            dockerfilePath: configuration.buildContext.dockerfile,
            context: context,
            coverage: coverage,
            ignoreFile: ignoreFile,
            circumstances: circumstances,
            frontEnd: frontEnd,
            remoteSources: remoteSources(dockerfile, circumstances, precise),
            unusedArguments: unused,
            precise: precise
        )
    }

    /// Scans the part of the context that is in the key; all of it only if all of it is.
    private func cover(
        _ precise: PreciseInputs?,
        _ circumstances: ComputedKey.Circumstances,
        _ frontEnd: FrontEnd
    ) throws -> (InputCoverage, ScannedContext, BuildContext.IgnoreFile?) {
        var scope = ScanScope.everything
        if !looksAtEverything, case .precise(let inputs) = precise,
            inputs.doubts({ circumstances.baseImages[$0] }).isEmpty
        {
            scope = ScanScope(covering: inputs.sources.map(\.plainPath))
        }
        let (context, ignoreFile) = try scan(circumstances.dialect, scope: scope, frontEnd: frontEnd)
        func coverage(_ context: ScannedContext, _ target: @escaping ([UInt8]) -> [UInt8]?) -> InputCoverage {
            precise.map { InputCoverage($0, context: context, target: target) { circumstances.baseImages[$0] } }
                ?? .whole(reasons: [])
        }
        let target = configuration.buildContext.target(ofLink:)
        guard scope != .everything else { return (coverage(context, target), context, ignoreFile) }
        // The target of a link may not have been scanned.
        let copied = coverage(context) { _ in nil }
        guard case .whole = copied else { return (copied, context, ignoreFile) }
        let whole = try scan(circumstances.dialect, frontEnd: frontEnd).context
        return (coverage(whole, target), whole, ignoreFile)
    }

    // MARK: Prerequisites

    private func platforms(_ dockerfile: [UInt8]) async throws -> BuildPlatforms {
        let isElsewhere =
            switch DaemonLocation(environment: surroundings.environment, home: surroundings.home) {
            case .thisMachine: false
            case .elsewhere: true
            }
        var buildPlatform = Platform.thisMachine
        // Only a remote daemon has to be queried, and only if its platform matters.
        if isElsewhere, configuration.platform == nil || PlatformMention.isOfBuilder(in: dockerfile) {
            buildPlatform = try await docker().serverPlatform()
        }
        return BuildPlatforms(target: configuration.platform ?? buildPlatform, builder: buildPlatform)
    }

    private func circumstances(
        _ dockerfile: [UInt8],
        _ builder: ExpectedBuilder?
    ) async throws -> (ComputedKey.Circumstances, PreciseInputs?) {
        var circumstances = ComputedKey.Circumstances(
            platforms: try await platforms(dockerfile),
            builder: builder,
            dialect: try dialect(builder),
            baseImages: [:]
        )
        let precise = preciseInputs(dockerfile, circumstances)
        if case .precise(let inputs) = precise {
            circumstances.baseImages = baseImages.remembered(inputs.startingImages, on: circumstances.platforms)
        }
        if configuration.pinsBaseImages {
            circumstances.pins = try await pinning.pins(
                try pinnedReferences(dockerfile, circumstances),
                frontEnd: pinnedFrontEnd(dockerfile, circumstances)
            )
            circumstances.remotePins = try await remotePinning.pins(
                remoteSources(dockerfile, circumstances, precise)
            )
        }
        return (circumstances, precise)
    }

    /// Nil if there is no docker, or if a `cache-key` replaces everything.
    private func builder() async throws -> ExpectedBuilder? {
        guard configuration.cacheKey.isEmpty else { return nil }
        return try await ExpectedBuilder.find(docker, index: index, home: surroundings.home)
    }

    func dependsOnDialect() throws -> Bool {
        do throws(ContextError) {
            return try configuration.buildContext.dependsOnDialect()
        } catch {
            throw InputError.context(error)
        }
    }

    /// How to read the ignore file; nil if that makes no difference.
    func dialect(_ builder: ExpectedBuilder?) throws -> IgnoreDialect? {
        guard configuration.cacheKey.isEmpty, try dependsOnDialect() else { return nil }
        return builder?.dialect ?? .current
    }

    /// What the Dockerfile tells about its inputs; nil if the whole context is in the key anyway.
    private func preciseInputs(
        _ dockerfile: [UInt8],
        _ circumstances: ComputedKey.Circumstances
    ) -> PreciseInputs? {
        guard configuration.cacheKey.isEmpty, configuration.keyInputs == .copied else { return nil }
        if let builder = circumstances.builder, !builder.builder.isBuildKit {
            return .whole(
                reasons: [DockerfileError(line: 0, problem: "the legacy builder reads it in ways of its own")]
            )
        }
        if let doubt = configuration.additionalArguments?.doubt { return .whole(reasons: [doubt]) }
        if replacesSources(circumstances.builder) {
            return .whole(reasons: [Self.replacement])
        }
        return PreciseInputs(dockerfile: dockerfile, parameters: parameters(dockerfile, circumstances))
    }

    /// The remote sources that the Dockerfile adds, taken from `precise` if possible.
    private func remoteSources(
        _ dockerfile: [UInt8],
        _ circumstances: ComputedKey.Circumstances,
        _ precise: PreciseInputs?
    ) -> [RemoteSource] {
        if case .precise(let inputs) = precise { return inputs.remoteSources }
        return RemoteSource.all(in: dockerfile, parameters: parameters(dockerfile, circumstances))
    }

    func parameters(
        _ dockerfile: [UInt8],
        _ circumstances: ComputedKey.Circumstances
    ) -> DockerfileParameters {
        DockerfileParameters(
            target: configuration.additionalArguments?.target ?? configuration.target,
            buildArguments: arguments(dockerfile, circumstances.builder),
            platform: circumstances.platforms.target.description,
            namedContexts: configuration.additionalArguments?.namedContexts.map(\.name) ?? []
        )
    }
}

extension KeyComputation {
    /// - Parameters:
    ///   - docker: nil to look for it only when it is needed
    ///   - maximumAge: how long the configuration of a base image is remembered, in milliseconds; nil for no limit
    ///   - memoryMark: separates what the index remembers of base images and remote sources from that of other builds
    package init(
        _ configuration: InputConfiguration,
        docker: DockerClient? = nil,
        index: LookupIndex,
        access: RegistryAccess,
        maximumAge: Int64? = CacheConfiguration.usualMaximumAge,
        memoryMark: String = "",
        surroundings: Surroundings
    ) {
        let client = {
            try docker ?? DockerClient(environment: surroundings.environment, log: surroundings.log)
        }
        self.init(
            configuration: configuration,
            index: index,
            surroundings: surroundings,
            docker: client,
            baseImages: BaseImageInquiry(
                index: index,
                memoryMark: memoryMark,
                docker: client,
                registries: BaseImageInquiry.Registries(access),
                now: surroundings.now,
                maximumAge: maximumAge,
                log: surroundings.log
            ),
            pinning: BaseImagePinning(
                docker: client,
                registry: { try await access.digest(named: $0)?.description },
                log: surroundings.log
            ),
            remotePinning: RemotePinning(index: index, memoryMark: memoryMark, surroundings: surroundings)
        )
    }
}
