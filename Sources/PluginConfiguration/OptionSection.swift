package import Options
import Providers

/// Options that belong together. Help and docs/options.md show them under one title, in this order.
package struct OptionSection: Sendable {
    package let title: String
    package let options: [OptionDefinition]
}

extension OptionTable {
    /// The image and where it is kept.
    package static let imageSection = OptionSection(title: "Image", options: [image, provider])

    /// The options that `docker build` has too.
    package static let buildSection = OptionSection(
        title: "Build",
        options: [
            dockerfile, dockerfileInline, context, target, buildArguments, additionalBuildArguments, secrets, platform,
        ]
    )

    /// What the key covers.
    package static let keySection = OptionSection(title: "Key", options: [keyInputs, baseImages, cacheKey])

    /// When a saved image is used, and when one is saved.
    package static let cacheSection = OptionSection(
        title: "Cache",
        options: [
            maxAgeDays, save, restore, strategy, registryCheck, skipPull, onError, stallTimeout, pushTimeout,
        ]
    )

    /// Who may save images that others use.
    package static let trustSection = OptionSection(
        title: "Trust",
        options: [readOnly, trustedBranches, untrustedRepository, signKey, verifyKey]
    )

    /// Which layers a build takes from earlier builds and saves for later ones.
    package static let layerSection = OptionSection(title: "Layers", options: [layerCache, cacheFrom])

    /// The names under which an image is found.
    package static let nameSection = OptionSection(
        title: "Names",
        options: [exportVariable, tag, fallbackTag, tags, localTags, publish]
    )

    /// What is removed after a lookup.
    package static let garbageSection = OptionSection(
        title: "Garbage collection",
        options: [gc, gcMaxSize, gcMaxAgeDays, gcKeep]
    )

    /// What Buildkite shows of a lookup.
    package static let reportSection = OptionSection(title: "Reports", options: [annotate])

    /// The options of every command that uses the index.
    package static let commonSection = OptionSection(title: "Common", options: [verbose, index])

    /// A section for each provider that has options.
    package static let providerSections: [OptionSection] = ProviderTable.all
        .filter { !$0.options.isEmpty }
        .map { OptionSection(title: "Provider \($0.name)", options: $0.options) }

    /// Every section.
    package static let sections =
        [
            imageSection, buildSection, keySection, cacheSection, trustSection, layerSection, nameSection,
            garbageSection, reportSection, commonSection,
        ] + providerSections

    /// Every option, in the order of the sections.
    package static let all: [OptionDefinition] = sections.flatMap(\.options)
}
