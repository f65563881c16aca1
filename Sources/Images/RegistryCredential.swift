/// A credential for a registry or its token server.
///
/// Its description omits the secret, in case it is interpolated or logged by mistake.
package enum RegistryCredential: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    case password(username: String, password: String)
    /// An OAuth 2 refresh token. Docker stores it as `identitytoken`, and credential helpers under the user `<token>`.
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

    /// User and password for servers that accept only these. `<token>` is the user name in Docker's credential helpers.
    package var userAndPassword: (username: String, password: String) {
        switch self {
        case .password(let username, let password): (username, password)
        case .identityToken(let token): ("<token>", token)
        }
    }

    /// The secret, which must not appear in any output.
    package var secret: String { userAndPassword.password }
}
