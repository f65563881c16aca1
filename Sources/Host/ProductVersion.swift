/// The version of this program, and of the plugin that it belongs to.
package enum ProductVersion {
    /// Such as `0.1.0`.
    package static let current = "0.1.0"
}
