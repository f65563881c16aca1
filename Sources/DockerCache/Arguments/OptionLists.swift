import ArgumentParser
import Host
import Options
import PluginConfiguration
import Providers

enum ImageOptions: OptionList {
    static let options = OptionTable.imageSection.options
}

enum BuildOptions: OptionList {
    static let options = OptionTable.buildSection.options
}

enum KeyOptions: OptionList {
    static let options = OptionTable.keySection.options
}

enum CacheOptions: OptionList {
    static let options = OptionTable.cacheSection.options
}

enum TrustOptions: OptionList {
    static let options = OptionTable.trustSection.options
}

enum LayerOptions: OptionList {
    static let options = OptionTable.layerSection.options
}

enum NameOptions: OptionList {
    static let options = OptionTable.nameSection.options
}

enum GarbageOptions: OptionList {
    static let options = OptionTable.garbageSection.options
}

enum ReportOptions: OptionList {
    static let options = OptionTable.reportSection.options
}

/// The options of every command that uses the index.
enum IndexOptions: OptionList {
    static let options = OptionTable.commonSection.options
}

/// The options of all providers.
enum ProviderOptions: OptionList {
    static let options = OptionTable.providerSections.flatMap(\.options)
}

/// The options that decide which files the context has.
enum ContextOptions: OptionList {
    static let options = [OptionTable.context, OptionTable.dockerfile, OptionTable.dockerfileInline]
}

/// The images that `gc` removes from.
enum RemovalOptions: OptionList {
    static let options = [
        OptionTable.image.meaning("Only this image: its entries and local images"),
        OptionTable.provider, OptionTable.tag, OptionTable.fallbackTag,
    ]
}

/// The limit that `gc` shares with a lookup.
enum AgeOptions: OptionList {
    static let options = [OptionTable.maxAgeDays]
}

/// What a command with `--registry` does with a registry, as its help says it.
protocol RegistryUse {
    /// The help of the flag.
    static var help: String { get }
    static var image: String { get }
    /// Without the words of all providers.
    static var provider: String { get }
}

/// `list`: the registry instead of the index.
enum Listing: RegistryUse {
    static let help = "List the images in the registry instead of the index. Needs --image and --provider."
    static let image = "Only this image. Required with --registry"
    static let provider = "Only images of this provider. Required with --registry."
}

/// `inspect`: the registry besides the index.
enum Inspection: RegistryUse {
    static let help = "Query the registry too. Needs --image and --provider."
    static let image = "Image to look for in the registry, with --registry"
    static let provider = "Provider of that registry, with --registry."
}

/// `forget`: removal from the registry.
enum Withdrawal: RegistryUse {
    static let help = "Withdraw the image: remove it from the registry too. Needs --image and --provider."
    static let image = "Image to withdraw, with --registry"
    static let provider = "Provider of the registry to remove it from, with --registry."
}

/// The options of commands that look at a registry: which image, and where.
enum PlaceOptions<Use: RegistryUse>: OptionList {
    static var options: [OptionDefinition] {
        [
            OptionTable.image.meaning(Use.image),
            OptionTable.provider.meaning("\(Use.provider) \(OptionTable.providerWords)"),
            OptionTable.tag, OptionTable.fallbackTag,
        ]
    }
}

/// The options that decide the key.
struct InputArguments: ParsableArguments {
    @OptionGroup(title: "Build") var build: OptionArguments<BuildOptions>
    @OptionGroup(title: "Key") var key: OptionArguments<KeyOptions>

    /// The given options.
    var values: OptionValues {
        var values = OptionValues(origin: .commandLine)
        add(to: &values)
        return values
    }

    /// Adds the given options.
    func add(to values: inout OptionValues) {
        build.add(to: &values)
        key.add(to: &values)
    }
}

extension OptionValues {
    /// The inputs of a key, read and checked, for commands without a lookup.
    func inputs(_ surroundings: Surroundings) throws(OptionError) -> InputConfiguration {
        try InputConfiguration(self, environment: surroundings.environment, stage: .inCheckout)
    }
}

/// All options of a lookup.
struct LookupArguments: ParsableArguments {
    @OptionGroup(title: "Image") var image: OptionArguments<ImageOptions>
    @OptionGroup var inputs: InputArguments
    @OptionGroup(title: "Cache") var cache: OptionArguments<CacheOptions>
    @OptionGroup(title: "Trust") var trust: OptionArguments<TrustOptions>
    @OptionGroup(title: "Layers") var layers: OptionArguments<LayerOptions>
    @OptionGroup(title: "Names") var names: OptionArguments<NameOptions>
    @OptionGroup(title: "Providers") var providers: OptionArguments<ProviderOptions>
    @OptionGroup(title: "Garbage collection") var garbage: OptionArguments<GarbageOptions>
    @OptionGroup(title: "Reports") var reports: OptionArguments<ReportOptions>

    /// Adds the given options.
    func add(to values: inout OptionValues) {
        image.add(to: &values)
        inputs.add(to: &values)
        cache.add(to: &values)
        trust.add(to: &values)
        layers.add(to: &values)
        names.add(to: &values)
        providers.add(to: &values)
        garbage.add(to: &values)
        reports.add(to: &values)
    }
}

/// The flag of commands that use a registry only if asked to.
struct RegistryFlag<Use: RegistryUse>: ParsableArguments {
    @Flag(help: ArgumentHelp(stringLiteral: Use.help))
    var registry = false
}

/// The location of a registry, for commands that use it only with `--registry`.
struct RegistryArguments<Use: RegistryUse>: ParsableArguments {
    @OptionGroup(title: "Image") var flag: RegistryFlag<Use>
    @OptionGroup(title: "Image") var place: OptionArguments<PlaceOptions<Use>>
    @OptionGroup(title: "Providers") var providers: OptionArguments<ProviderOptions>

    var registry: Bool { flag.registry }

    /// Adds the given options.
    func add(to values: inout OptionValues) {
        place.add(to: &values)
        providers.add(to: &values)
    }

    /// The given value of one option, unparsed.
    func text(_ option: OptionDefinition) -> String? { place.values.list(option).first }
}
