import Buildkite
package import Docker
package import Images
package import Options
import Processes
import Providers

/// Where the image is kept and how it is looked up, read and checked.
package struct CacheConfiguration: Sendable {
    /// What a lookup may take from the cache.
    package enum Strategy: String, Sendable {
        /// The finished image, or a build without layers from the registry.
        case artifact
        /// Never the finished image: always a build, with layers.
        case build
        /// The finished image, or a build with layers.
        case hybrid

        package var takesFinishedImage: Bool { self != .build }
        package var takesLayers: Bool { self != .artifact }
    }

    /// Which layers are saved for builders on other agents, and taken from theirs.
    package enum LayerCache: String, Sendable {
        /// ``inline`` if the builder supports it, otherwise ``off``.
        case auto
        /// The image itself records what its layers were built from.
        case inline
        /// The layers of all stages, beside the image.
        case max
        case off
    }

    package let image: RepositoryName
    /// Whether this build may decide what others run.
    package let trust: Trust
    /// Where this build keeps cache images.
    package var place: CachePlace
    /// The place of trusted builds, which an untrusted build searches first; nil for other builds.
    package var trustedPlace: CachePlace?
    /// The place of untrusted builds, from which a trusted build takes nothing; nil if there is none.
    package var untrustedPlace: CachePlace?
    /// Whether what this build finds must not be used for other builds: for an untrusted build, and for a pull request
    /// from another repository that saves nothing. Such a build controls its environment: mirrors, proxies,
    /// certificates.
    package let isIsolated: Bool
    /// Whether the options' limits for images on the agent are ignored, because this build must not decide which images
    /// other builds lose.
    package let ignoresLimits: Bool
    /// The prefix of each question that the index remembers. Builds that must not decide what others run have one, so
    /// that other builds do not use their answers; otherwise it is empty.
    package let memoryMark: String
    /// The key that signs saved images, and the keys that verify images.
    package let signatures: SignatureConfiguration
    package let strategy: Strategy
    package let layerCache: LayerCache
    /// The sources of layers besides the cache's own images.
    package internal(set) var cacheFrom: [LayerSource]
    package let names: FurtherNames
    /// In milliseconds; nil for images that never expire.
    package let maximumAge: Int64?
    package let saves: Bool
    /// Why nothing is saved although saving is not turned off, for people; otherwise nil.
    package let readOnlyReason: String?
    /// The secret that the provider needs and a build from another repository lacks. The build then uses no registry.
    package let missingSecret: OptionError?
    package let restores: Bool
    /// Whether problems with the cache stop the step, instead of a build without the cache.
    package let failsOnError: Bool
    /// Whether an image in the registry is not pulled: the step gets its name in the registry.
    package let skipsPull: Bool
    /// Whether the registry is queried for finished images; if not, the index alone decides.
    package let asksRegistry: Bool
    /// The variable that gets the step's image.
    package let imageVariable: String
    /// Whether and how a lookup cleans up afterwards.
    package let garbage: GarbagePolicy
    /// How long pulls and pushes may take.
    package let transfers: TransferLimits

    /// Reads the options. Throws ``OptionError`` for invalid values.
    package init(
        _ options: OptionValues,
        environment: [String: String],
        stage: ConfigurationStage
    ) throws(OptionError) {
        // If both are missing, report the provider first.
        _ = try options.choice(OptionTable.provider)
        let image = try Self.image(options)
        self.image = image
        readOnlyReason = try Self.readOnlyReason(options, environment: environment)
        let mayMissSecrets = readOnlyReason != nil && PullRequest(environment: environment).getsNoSecrets
        let (provider, missingLogin) = try Self.provider(
            image,
            options,
            environment: stage == .inCheckout ? environment : nil,
            getsNoSecrets: mayMissSecrets
        )
        let tag = try Self.tag(options, OptionTable.tag, reserving: ArtifactTag.suffixLength)
        let fallbackTag = try Self.tag(options, OptionTable.fallbackTag, reserving: 0)
        trust = try Trust(options, environment: environment)
        let trusted = CachePlace(image: image, provider: provider, tag: tag, fallbackTag: fallbackTag)
        var untrusted: CachePlace?
        var missingPlace: OptionError?
        do {
            untrusted = try trusted.ofUntrustedBuilds(trust, options, environment: environment, stage: stage)
        } catch {
            guard error.saysThatVariableIsNotSet, mayMissSecrets else { throw error }
            untrusted = try trusted.ofUntrustedBuilds(trust, options, environment: environment, stage: .beforeCheckout)
            missingPlace = error
        }
        place = trust.isUntrusted ? untrusted ?? trusted : trusted
        trustedPlace = trust.isUntrusted ? trusted : nil
        untrustedPlace = trust == .trusted ? untrusted : nil
        let getsNoSecrets = PullRequest(environment: environment).getsNoSecrets
        isIsolated = trust.isUntrusted || getsNoSecrets && readOnlyReason != nil
        memoryMark = trust.isUntrusted || getsNoSecrets ? CachePlace.isolationMark : ""
        strategy = Strategy(rawValue: try options.choice(OptionTable.strategy)) ?? .hybrid
        layerCache = LayerCache(rawValue: try options.choice(OptionTable.layerCache)) ?? .auto
        cacheFrom = try Self.cacheFrom(options)
        names = try FurtherNames(options, image: image, tag: tag, fallbackTag: fallbackTag)
        maximumAge = try options.number(OptionTable.maxAgeDays).map(Self.milliseconds(days:))
        saves = try options.boolean(OptionTable.save) && readOnlyReason == nil
        restores = try options.boolean(OptionTable.restore)
        skipsPull = try options.boolean(OptionTable.skipPull)
        asksRegistry = try options.choice(OptionTable.registryCheck) == "auto"
        imageVariable = try Self.variable(options, environment: environment)
        let policy = try GarbagePolicy(options)
        garbage = isIsolated ? policy.withoutLimits : policy
        ignoresLimits = garbage != policy
        transfers = try TransferLimits(options)
        signatures = try SignatureConfiguration(
            options,
            environment: environment,
            stage: stage,
            signs: saves && !trust.isUntrusted,
            getsNoSecrets: mayMissSecrets,
            hasRegistry: place.hasRegistry
        )
        missingSecret = missingLogin ?? missingPlace ?? signatures.missingSecret
        failsOnError = try options.choice(OptionTable.onError) == "fail"
        try checkCombinations(options)
    }

    /// The scope of the index in which this build saves what it finds at a place.
    package func writtenScope(_ place: CachePlace) -> String {
        isIsolated ? place.isolatedScope : place.scope
    }

    /// The policy on where an image may come from.
    package var policy: LookupPolicy {
        LookupPolicy(
            restores: restores,
            strategy: strategy,
            skipsPull: skipsPull,
            asksRegistry: asksRegistry,
            maximumAge: maximumAge
        )
    }

    /// The default maximum age, in milliseconds.
    package static var usualMaximumAge: Int64? {
        OptionTable.maxAgeDays.defaultValue.flatMap(Double.init).map(milliseconds(days:))
    }

    package static func milliseconds(days: Double) -> Int64 { Int64(min(days * 86_400_000, 1e15)) }

    /// - Parameters:
    ///   - environment: nil if it is too early to read variables
    ///   - getsNoSecrets: whether a missing secret is acceptable
    private static func provider(
        _ image: RepositoryName,
        _ options: OptionValues,
        environment: [String: String]?,
        getsNoSecrets: Bool
    ) throws(OptionError) -> (any Provider, missingSecret: OptionError?) {
        let name = try options.choice(OptionTable.provider)
        guard let provider = ProviderTable.provider(named: name) else {
            throw .notAllowed(
                option: options.displayName(OptionTable.provider),
                value: name,
                allowed: ProviderTable.names
            )
        }
        do {
            return (try provider.init(image: image, options: options, environment: environment), nil)
        } catch {
            guard error.saysThatVariableIsNotSet, getsNoSecrets else { throw error }
            return (try provider.init(image: image, options: options, environment: nil), error)
        }
    }

    private static func readOnlyReason(
        _ options: OptionValues,
        environment: [String: String]
    ) throws(OptionError) -> String? {
        switch try options.choice(OptionTable.readOnly) {
        case "true": "read-only is on"
        case "false": nil
        default:
            switch PullRequest(environment: environment) {
            case .none, .fromSameRepository: nil
            case .fromFork(let repository): "this is a build of a pull request from another repository, \(repository)"
            case .unknown: "this is a build of a pull request from an unknown repository"
            }
        }
    }

    private static func cacheFrom(_ options: OptionValues) throws(OptionError) -> [LayerSource] {
        var sources: [LayerSource] = []
        for text in options.list(OptionTable.cacheFrom) where !text.isEmpty {
            guard let source = LayerSource(text) else {
                throw .invalid(
                    option: options.displayName(OptionTable.cacheFrom),
                    value: ShownCommand.text([text]),
                    reason: "expected an image, as in host/app:tag, or what buildx knows, as in "
                        + "type=local,src=DIRECTORY."
                )
            }
            sources.append(source)
        }
        return sources
    }
}
