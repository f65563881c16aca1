/// What a registry, or its token server, is shown.
///
/// It describes itself without the secret, so that it can be interpolated and logged by mistake.
package enum RegistryCredential: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    case password(username: String, password: String)
    /// What Docker stores as `identitytoken`, and credential helpers under the user `<token>`: an OAuth 2 refresh
    /// token.
    case identityToken(String)

    package var description: String {
        switch self {
        case .password(let username, _): "the password of \(username)"
        case .identityToken: "an identity token"
        }
    }

    package var debugDescription: String { description }

    /// Keeps the secret out of `dump` as well.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// User and password where a server knows only these. `<token>` is the user of Docker's credential helpers.
    package var userAndPassword: (username: String, password: String) {
        switch self {
        case .password(let username, let password): (username, password)
        case .identityToken(let token): ("<token>", token)
        }
    }

    /// What must appear nowhere.
    package var secret: String { userAndPassword.password }
}
