import Docker
import Images
package import Options
package import Providers

extension CachePlace {
    /// The place of untrusted builds that belongs to this place of trusted builds; nil if there are none.
    ///
    /// Throws ``OptionError`` if neither the options nor the agent's owner determine such a place.
    func ofUntrustedBuilds(
        _ trust: Trust,
        _ options: OptionValues,
        environment: [String: String],
        stage: ConfigurationStage
    ) throws(OptionError) -> CachePlace? {
        if !hasRegistry, options.has(OptionTable.untrustedRepository) {
            throw .conflict(
                option: options.displayName(OptionTable.untrustedRepository),
                with: options.displayName(OptionTable.provider),
                reason: "the provider \(providerName) has no registry, and keeps the images of untrusted builds apart "
                    + "without it. Leave out \(options.displayName(OptionTable.untrustedRepository))."
            )
        }
        // Without trust settings, a variable that the option names is not needed.
        guard trust != .undivided else { return nil }
        let choice =
            hasRegistry
            ? try Self.untrustedRepository(options, environment: environment, stage: stage)
            : UntrustedRepository(name: nil, option: options.displayName(OptionTable.untrustedRepository))
        return CachePlace(
            image: image,
            provider: try provider.ofUntrustedBuilds(choice),
            tag: tag,
            fallbackTag: fallbackTag,
            isUntrusted: true
        )
    }

    /// The repository that the agent's owner sets, or otherwise the option's.
    private static func untrustedRepository(
        _ options: OptionValues,
        environment: [String: String],
        stage: ConfigurationStage
    ) throws(OptionError) -> UntrustedRepository {
        let option = options.displayName(OptionTable.untrustedRepository)
        let given = try options.place(
            OptionTable.untrustedRepository,
            environment: stage == .inCheckout ? environment : nil,
            // Differs from the placeholder for the trusted one.
            standIn: "unknown-untrusted"
        )
        guard let owners = environment[Trust.repositoryVariable] else {
            if let given, stage == .inCheckout, environment[Trust.branchesVariable] != nil,
                !given.hasSuffix(UntrustedRepository.suffix)
            {
                throw .invalid(
                    option: option,
                    value: given,
                    reason: "on this agent, \(Trust.branchesVariable) says who is trusted, and a branch could name a "
                        + "repository of trusted builds here. Use a name that ends in \(UntrustedRepository.suffix), "
                        + "or let the agent's owner set \(Trust.repositoryVariable)."
                )
            }
            return UntrustedRepository(name: given, option: option)
        }
        guard owners.contains(where: { !$0.isWhitespace }) else {
            throw .invalidVariable(
                Trust.repositoryVariable,
                value: owners,
                reason: "expected the name of a repository. Set one, or unset the variable."
            )
        }
        if let given, given != owners, stage == .inCheckout {
            throw .invalid(
                option: option,
                value: given,
                reason: "on this agent, \(Trust.repositoryVariable) is set to \(owners). Leave the option out."
            )
        }
        return UntrustedRepository(name: owners, variable: Trust.repositoryVariable)
    }
}

extension CachePlace {
    /// Whether untrusted builds of another image write there by default, or can name it as their own repository.
    fileprivate var isLeftToUntrustedBuilds: Bool {
        provider.nameWithPermissions?.hasSuffix(UntrustedRepository.suffix) == true
    }

    /// The same place, with its repository determined.
    fileprivate func found(_ tools: ProviderTools) async throws(ProviderError) -> CachePlace {
        var found = self
        found.repository = try await provider.repository(tools)
        return found
    }
}

extension CacheConfiguration {
    /// Determines the repositories of cache images, which requires a query for some providers.
    package mutating func findRepositories(_ tools: ProviderTools) async throws(ProviderError) {
        place = try await place.found(tools)
        trustedPlace = try await trustedPlace?.found(tools)
        // Only ``checkRepositories(_:)`` needs it.
        if !cacheFrom.isEmpty { untrustedPlace = try await untrustedPlace?.found(tools) }
    }

    /// Throws ``OptionError`` if the trusted repository is one of untrusted builds, or if a trusted build takes layers
    /// from there. Call it after ``findRepositories(_:)``, even if that failed.
    ///
    /// Returns a warning if it is not known whether it does. It then takes no layers from what the user named.
    package mutating func checkRepositories(_ options: OptionValues) throws(OptionError) -> String? {
        let trusted = trustedPlace ?? place
        if trust != .undivided, let repository = trusted.repository, trusted.isLeftToUntrustedBuilds {
            throw .conflict(
                option: options.displayName(OptionTable.trustedBranches),
                with: options.displayName(OptionTable.image),
                reason: "the trusted repository would be \(repository), and repositories that end in "
                    + "\(UntrustedRepository.suffix) are those of untrusted builds. Choose another name."
            )
        }
        guard let untrustedPlace, !cacheFrom.isEmpty, place.hasRegistry else { return nil }
        guard let untrusted = untrustedPlace.repository else {
            cacheFrom = []
            return "\(options.displayName(OptionTable.cacheFrom)) is not used, because it is not known which "
                + "repository untrusted builds write to."
        }
        for source in cacheFrom where source.isIn(untrusted) {
            throw .invalid(
                option: options.displayName(OptionTable.cacheFrom),
                value: source.shown,
                reason: "untrusted builds write to this repository, and this build is trusted. Leave it out."
            )
        }
        return nil
    }
}
