/// What the docker command would log in to a registry with.
///
/// It describes itself without the secret, so that it can be logged by mistake.
package enum DockerCredential: Equatable, Sendable {
    case password(username: String, password: String)
    /// An OAuth 2 refresh token, which a token server takes in place of a password.
    case identityToken(String)
}

extension DockerCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .password(let username, _): "the password of \(username)"
        case .identityToken: "an identity token"
        }
    }

    package var debugDescription: String { description }

    /// Without this, `dump` and a failed expectation of a test would look inside.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
