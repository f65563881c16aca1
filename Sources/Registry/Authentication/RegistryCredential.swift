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
    var userAndPassword: (username: String, password: String) {
        switch self {
        case .password(let username, let password): (username, password)
        case .identityToken(let token): ("<token>", token)
        }
    }

    var secret: String { userAndPassword.password }
}

/// Finds the credentials for a registry.
///
/// It is asked once at most for each client, when the registry wants credentials. `key` is what Docker stores them
/// under: `host[:port]`, or `https://index.docker.io/v1/` for Docker Hub. Nil if there are none, and the registry is
/// then asked anonymously. The description of what it throws is shown to people, and must hold no secret.
package typealias CredentialSource = @Sendable (_ key: String) async throws -> RegistryCredential?
