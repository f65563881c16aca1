import Images
/// Placeholder.
package enum RegistryError: Error {}
