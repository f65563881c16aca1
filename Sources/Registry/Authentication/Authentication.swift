package import Images
import FoundationEssentials
import HTTP

/// The authentication that a registry requires.
enum Authentication: Equatable {
    /// User and password.
    case basic
    /// A token from the server at `realm`.
    case bearer(realm: URL, service: String?, scope: String?)

    /// Why none of a server's challenges can be answered.
    enum Refusal: Error, Equatable {
        /// There is no scheme that we know.
        case unknownSchemes([String])
        /// The token server's address is not one that credentials may be sent to.
        case realm(String)
    }

    /// Chooses the challenge to answer. A token is preferred to a password, which then goes only to the token server.
    ///
    /// - Parameter isPlain: whether the registry itself uses plain HTTP. Only then may the token server use it too: the
    ///   registry chooses the realm, and the password goes there.
    init(_ challenges: [AuthenticationChallenge], isPlain: Bool) throws(Refusal) {
        if let bearer = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            let text = bearer.parameters["realm"] ?? ""
            guard let realm = URL(string: text), let origin = Origin(realm), !realm.hasUserInformation else {
                throw .realm("its token server \"\(ErrorBody.sanitized(text))\" is not an address")
            }
            guard origin.scheme == .https || isPlain else {
                throw .realm("its token server \(origin) is not reached over https, and credentials would be readable")
            }
            self = .bearer(
                realm: realm,
                service: bearer.parameters["service"],
                scope: bearer.parameters["scope"]
            )
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            self = .basic
        } else {
            throw .unknownSchemes(challenges.map(\.scheme))
        }
    }
}

/// Finds the credentials for a registry.
///
/// It is called at most once per client, when the registry requires credentials. `key` is the name under which Docker
/// stores them: `host[:port]`, or `https://index.docker.io/v1/` for Docker Hub. It returns nil if there are none, and
/// requests are then anonymous. The description of an error that it throws is shown to users, and must not contain a
/// secret.
package typealias CredentialSource = @Sendable (_ key: String) async throws -> RegistryCredential?
