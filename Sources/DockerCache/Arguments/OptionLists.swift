import Host
import Options
import PluginConfiguration
import Providers

/// Where the image is kept, and how it is looked up.
enum CacheOptions: OptionList {
    static let options = OptionTable.cache
}

/// What decides the key.
enum InputOptions: OptionList {
    static let options = OptionTable.inputs
}

extension OptionArguments<InputOptions> {
    /// These options alone, read and checked: for commands that look nothing up.
    func configuration(_ surroundings: Surroundings) throws(OptionError) -> InputConfiguration {
        try InputConfiguration(values, environment: surroundings.environment, stage: .inCheckout)
    }
}

/// The providers' own.
enum ProviderOptions: OptionList {
    static let options = ProviderTable.options
}

/// What every command has that uses the index.
enum IndexOptions: OptionList {
    static let options = OptionTable.common
}

/// What `gc` has in common with a lookup.
enum GarbageOptions: OptionList {
    static let options = [
        OptionTable.image.meaning("Only this image: its entries and local images, and nothing else"),
        OptionTable.provider, OptionTable.tag, OptionTable.fallbackTag, OptionTable.maxAgeDays,
    ]
}
