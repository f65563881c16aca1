import Fingerprint
import Options
import Providers

/// Checks the combinations of options.
extension CacheConfiguration {
    /// Throws ``OptionError`` for the first two options that cannot be combined.
    func checkCombinations(_ options: OptionValues) throws(OptionError) {
        if skipsPull, !place.hasRegistry {
            throw .invalid(
                option: options.displayName(OptionTable.skipPull),
                value: "true",
                reason: "the provider \(place.providerName) has no registry from which another step could pull the "
                    + "image."
            )
        }
        if layerCache == .max, !place.hasRegistry {
            throw .invalid(
                option: options.displayName(OptionTable.layerCache),
                value: "max",
                reason: "the provider \(place.providerName) has no registry where the layers could be kept."
            )
        }
        try checkNamesInRegistry(options)
        try checkLayerFlags(options)
        if skipsPull, !names.localTags.isEmpty {
            throw .conflict(
                option: options.displayName(OptionTable.localTags),
                with: options.displayName(OptionTable.skipPull),
                reason: "a hit does not pull the image, so it cannot be tagged locally."
            )
        }
        if strategy == .artifact, !cacheFrom.isEmpty {
            throw .conflict(
                option: options.displayName(OptionTable.cacheFrom),
                with: options.displayName(OptionTable.strategy),
                reason: "with the strategy artifact, a build uses no saved layers. Remove one of the two."
            )
        }
    }

    /// Throws if flags for the builder bypass what keeps the layers of trusted and untrusted builds apart.
    private func checkLayerFlags(_ options: OptionValues) throws(OptionError) {
        guard trust != .undivided,
            let flag = try InputConfiguration.additionalArguments(options)?.layerFlags.first
        else { return }
        let reason =
            flag == "--cache-from"
            ? "with trusted branches, layers may come only from places that are checked. Use the option "
                + "\(options.displayName(OptionTable.cacheFrom))."
            : "with trusted branches, layers may be sent only to a build's own repository. Leave it out; "
                + "\(options.displayName(OptionTable.layerCache)) decides which layers are saved."
        throw .invalid(
            option: options.displayName(OptionTable.additionalBuildArguments),
            value: flag,
            reason: reason
        )
    }

    private func checkNamesInRegistry(_ options: OptionValues) throws(OptionError) {
        guard let option = names.optionsInRegistry(options).first else { return }
        guard place.hasRegistry else {
            throw .conflict(
                option: option,
                with: options.displayName(OptionTable.provider),
                reason: "the provider \(place.providerName) has no registry. Name one that has, or leave out \(option)."
            )
        }
        guard try options.boolean(OptionTable.save) else {
            throw .conflict(
                option: option,
                with: options.displayName(OptionTable.save),
                reason: "with save: false nothing is written to the registry. Remove one of the two."
            )
        }
    }
}
