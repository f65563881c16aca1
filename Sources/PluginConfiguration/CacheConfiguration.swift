import Buildkite
package import Docker
package import Fingerprint
package import Images
package import Options
import Processes
package import Providers

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
    package let providerName: String
    package let provider: any Provider
    /// Where cache images live; nil for a provider without a registry, and until the provider was asked.
    package var repository: RepositoryName?
    package let strategy: Strategy
    package let layerCache: LayerCache
    /// Where layers are taken from besides our own images.
    package let cacheFrom: [LayerSource]
    package let tag: String
    package let fallbackTag: String
    package let names: FurtherNames
    /// In milliseconds; nil for images that never expire.
    package let maximumAge: Int64?
    package let saves: Bool
    /// Why nothing is saved although it is not switched off, for people; nil where that is not so.
    package let readOnlyReason: String?
    /// What the provider needs and a build from another repository is not given: it does without the registry.
    package let missingSecret: OptionError?
    package let restores: Bool
    /// Whether trouble with the cache stops the step, in place of a build without it.
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
        providerName = try options.choice(OptionTable.provider)
        image = try Self.image(options)
        guard let provider = ProviderTable.provider(named: providerName) else {
            throw .notAllowed(
                option: options.displayName(OptionTable.provider),
                value: providerName,
                allowed: ProviderTable.names
            )
        }
        readOnlyReason = try Self.readOnlyReason(options, environment: environment)
        do {
            self.provider = try provider.init(
                image: image,
                options: options,
                environment: stage == .inCheckout ? environment : nil
            )
            missingSecret = nil
        } catch {
            guard error.saysThatVariableIsNotSet, readOnlyReason != nil,
                PullRequest(environment: environment).getsNoSecrets
            else { throw error }
            missingSecret = error
            self.provider = try provider.init(image: image, options: options, environment: nil)
        }
        strategy = Strategy(rawValue: try options.choice(OptionTable.strategy)) ?? .hybrid
        layerCache = LayerCache(rawValue: try options.choice(OptionTable.layerCache)) ?? .auto
        cacheFrom = try Self.cacheFrom(options)
        tag = try Self.tag(options, OptionTable.tag, reserving: RecordTag.suffixLength)
        fallbackTag = try Self.tag(options, OptionTable.fallbackTag, reserving: 0)
        names = try FurtherNames(options, image: image, tag: tag, fallbackTag: fallbackTag)
        maximumAge = try options.number(OptionTable.maxAgeDays).map(Self.milliseconds(days:))
        saves = try options.boolean(OptionTable.save) && readOnlyReason == nil
        restores = try options.boolean(OptionTable.restore)
        skipsPull = try options.boolean(OptionTable.skipPull)
        asksRegistry = try options.choice(OptionTable.registryCheck) == "auto"
        imageVariable = try Self.variable(options, environment: environment)
        garbage = try GarbagePolicy(options)
        transfers = try TransferLimits(options)
        failsOnError = try options.choice(OptionTable.onError) == "fail"
        try checkCombinations(options)
    }

    /// The name the image has in the agent's daemon.
    package func localImage(_ key: Key) throws(NameError) -> ImageReference {
        try ImageReference(repository: image, tag: key.description)
    }

    /// The name the image has in the registry; nil for a provider without one.
    ///
    /// - Parameter revision: counts images that stand beside an expired one which could not be replaced; nil is the
    ///   answer where a tag would become too long, or where there are too many
    package func cacheImage(_ key: Key, revision: Int = 0) throws(NameError) -> ImageReference? {
        guard let repository = repository, revision <= Self.mostRevisions else { return nil }
        let tag = "\(tag)-\(key)" + (revision > 0 ? "-r\(revision)" : "")
        guard revision == 0 || tag.utf8.count <= ImageReference.maximumTagLength else { return nil }
        return try ImageReference(repository: repository, tag: tag)
    }

    /// One for each time that an image expires; nobody should have to ask for more.
    private static let mostRevisions = 99

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

    /// The newest build in the registry; nil for a provider without one.
    package func fallbackImage() throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        return try ImageReference(repository: repository, tag: fallbackTag)
    }

    /// The record of the image with that digest; nil for a provider without a registry.
    package func recordImage(_ digest: Digest) throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        return try ImageReference(repository: repository, tag: RecordTag(prefix: tag, digest: digest).description)
    }

    /// Where the layers of all stages are kept, one place for an image, target and platform; nil for a provider without
    /// a registry.
    package func layersImage(target: String?, platform: Platform) throws(NameError) -> ImageReference? {
        guard let repository = repository else { return nil }
        let scope = Digest(of: "\(image)\n\(target ?? "")\n\(platform)".utf8).description
            .dropFirst("sha256:".count).prefix(12)
        return try ImageReference(repository: repository, tag: "\(tag)-\(scope)-layers")
    }

    /// What keeps entries of the same image name and key apart in the index when they belong to different places.
    package var scope: String {
        "\(providerName) \(repository?.description ?? ""):\(tag) \(image)"
    }

    /// The maximum age where nobody sets one, in milliseconds.
    package static var usualMaximumAge: Int64? {
        OptionTable.maxAgeDays.defaultValue.flatMap(Double.init).map(milliseconds(days:))
    }

    package static func milliseconds(days: Double) -> Int64 { Int64(min(days * 86_400_000, 1e15)) }

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
                    reason: "allowed are an image, as in host/app:tag, and what buildx knows, as in "
                        + "type=local,src=DIRECTORY."
                )
            }
            sources.append(source)
        }
        return sources
    }
}
