package import Options

/// Checks options as far as they can be checked before the checkout.
package enum OptionCheck {
    package static func run(_ options: OptionValues, environment: [String: String]) throws(OptionError) {
        _ = try CacheConfiguration(options, environment: environment, stage: .beforeCheckout)
        _ = try InputConfiguration(options, environment: environment, stage: .beforeCheckout)
        _ = try options.boolean(OptionTable.annotate)
        _ = try options.boolean(OptionTable.verbose)
        _ = try options.text(OptionTable.index)
    }
}
