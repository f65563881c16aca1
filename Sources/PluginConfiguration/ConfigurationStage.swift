/// How much of the world there is when a configuration is read.
package enum ConfigurationStage: Equatable {
    /// The `environment` hook: no checkout yet, and variables that other hooks set may still be missing.
    case beforeCheckout
    /// Everything is there.
    case inCheckout
}
