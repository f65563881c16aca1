package import Options

/// Checks options as far as possible before the checkout.
package enum OptionCheck {
    package static func run(_ options: OptionValues, environment: [String: String]) throws(OptionError) {
        _ = try CacheConfiguration(options, environment: environment, stage: .beforeCheckout)
        _ = try InputConfiguration(options, environment: environment, stage: .beforeCheckout)
        _ = try options.boolean(OptionTable.annotate)
        _ = try options.boolean(OptionTable.verbose)
        _ = try options.text(OptionTable.index)
    }
}

/// When a configuration is read, which decides what is available.
package enum ConfigurationStage: Equatable {
    /// The `environment` hook: no checkout yet, and variables that other hooks set may still be missing.
    case beforeCheckout
    /// Everything is available.
    case inCheckout
}
