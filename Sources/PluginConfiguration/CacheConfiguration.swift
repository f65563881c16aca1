import Buildkite
package import Docker
package import Images
package import Options
import Processes
import Providers

/// Where the image is kept and how it is looked up, read and checked.
package struct CacheConfiguration {
    /// What may be taken from the cache.
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

    /// What is kept of a build for builders elsewhere, and taken from what they kept.
    package enum LayerCache: String, Sendable {
        /// ``inline`` where the builder can, else ``off``.
        case auto
        /// The image itself says what its layers were made of.
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
    /// Where it looks for them first: the place of trusted builds, if this is not one.
    package var trustedPlace: CachePlace?
    /// From where a trusted build takes nothing: the place of the others, if there are others.
    package var untrustedPlace: CachePlace?
    /// Whether what this build finds must not count for other builds: an untrusted one, and one of a pull request that
    /// saves nothing because it is from another repository. Its environment is its own: mirrors, proxies and
    /// certificates can be what it likes.
    package let isIsolated: Bool
    /// Whether the options' limits for images on the agent do not count, because this build must not decide what others
    /// lose.
    package let ignoresLimits: Bool
    /// What is put before each question whose answer the index remembers, so that builds which must not decide what
    /// others run do not answer for them; empty for the others.
    package let memoryMark: String
    /// What saved images are signed with, and whose signatures count.
    package let signatures: SignatureConfiguration
    package let strategy: Strategy
    package let layerCache: LayerCache
    /// Where layers are taken from besides our own images.
    package let cacheFrom: [LayerSource]
    package let names: FurtherNames
    /// In milliseconds; nil for images that never expire.
    package let maximumAge: Int64?
    package let saves: Bool
    /// Why nothing is saved although it is not switched off, for people; nil where that is not so.
    package let readOnlyReason: String?
    /// What the provider needs and a build from another repository is not given: it does without the registry.
    package let missingSecret: OptionError?
    package let restores: Bool
    /// Whether trouble with the cache stops the step, instead of a build without it.
    package let failsOnError: Bool
    /// Whether it is enough that the registry has the image: the step gets its name there, and it is not pulled.
    package let skipsPull: Bool
    /// Whether the registry is asked for finished images; otherwise the index alone decides.
    package let asksRegistry: Bool
    /// The variable that tells the step its image.
    package let imageVariable: String
    /// Whether a lookup tidies up after itself.
    package let garbage: GarbagePolicy
    /// How long pulls and pushes may take.
    package let transfers: TransferLimits

    /// Reads the options. Throws ``OptionError`` for anything that cannot be right.
    package init(
        _ options: OptionValues,
        environment: [String: String],
        stage: ConfigurationStage
    ) throws(OptionError) {
        // The first thing to be said of options that are not there.
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

    /// What the options say of where an image may come from.
    package var policy: LookupPolicy {
        LookupPolicy(
            restores: restores,
            strategy: strategy,
            skipsPull: skipsPull,
            asksRegistry: asksRegistry,
            maximumAge: maximumAge
        )
    }

    /// The maximum age where no one sets one, in milliseconds.
    package static var usualMaximumAge: Int64? {
        OptionTable.maxAgeDays.defaultValue.flatMap(Double.init).map(milliseconds(days:))
    }

    package static func milliseconds(days: Double) -> Int64 { Int64(min(days * 86_400_000, 1e15)) }

    /// - Parameters:
    ///   - environment: nil where it is too early to ask for variables
    ///   - getsNoSecrets: whether a secret that is not there is no reason to stop
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
            case .unknown: "this is a build of a pull request, and nothing says from which repository"
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
