import ArgumentParser
import Buildkite
import PluginConfiguration
import Options

/// The command line's side of the options that `gc` has in common with a lookup.
struct GarbageArguments: ParsableArguments {
    @Option(name: .option(OptionTable.image), help: "Only this image: its entries and local images, and nothing else.")
    var image: String?

    @Option(name: .option(OptionTable.provider), help: .option(OptionTable.provider))
    var provider: String?

    @Option(name: .option(OptionTable.tag), help: .option(OptionTable.tag))
    var tag: String?

    @Option(name: .option(OptionTable.fallbackTag), help: .option(OptionTable.fallbackTag))
    var fallbackTag: String?

    @Option(name: .option(OptionTable.maxAgeDays), parsing: .unconditional, help: .option(OptionTable.maxAgeDays))
    var maxAgeDays: String?

    /// What was given.
    func add(to values: inout OptionValues) {
        values.set(OptionTable.image, to: image)
        values.set(OptionTable.provider, to: provider)
        values.set(OptionTable.tag, to: tag)
        values.set(OptionTable.fallbackTag, to: fallbackTag)
        values.set(OptionTable.maxAgeDays, to: maxAgeDays)
    }
}
