/// How Docker is logged in to a provider's registry.
package enum ProviderLogin: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `docker login` with these. The lifetime is nil where they are good until somebody changes them.
    case password(username: String, password: String, lifetime: Duration?)
    /// Docker's configuration names a helper that always has fresh ones.
    case helper

    /// Without the password, so that it can be interpolated by mistake.
    package var description: String {
        switch self {
        case .password(let username, _, _): "the password of \(username)"
        case .helper: "a credential helper"
        }
    }

    /// Keeps the password out of `dump` as well.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
