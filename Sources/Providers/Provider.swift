package import Buildkite
package import Images

/// A place where cache images are kept: what it is called, which options it has, and how one logs in.
///
/// Whatever providers have in common is done once, by ``CacheRegistry`` and the lookup.
package protocol Provider: Sendable {
    /// The word that the option `provider` takes.
    static var name: String { get }

    /// The provider's own options.
    static var options: [OptionDefinition] { get }

    /// Checks the provider's options, and does nothing else.
    ///
    /// - Parameter environment: where `$NAME` takes its value from, or nil where it is too early to ask: the
    ///   variable may be set by a hook that has yet to run.
    init(image: RepositoryName, options: OptionValues, environment: [String: String]?) throws(OptionError)

    /// The repository that cache images are pushed to and pulled from; nil for a provider without a registry.
    var repository: RepositoryName? { get }

    /// What the registry wants to see; nil where nobody has to log in, or Docker's configuration has it.
    var login: RegistryLogin? { get }

    /// Whether the registry may speak plain http, or have a certificate that nobody trusts.
    var isInsecure: Bool { get }
}
