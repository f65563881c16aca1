package import Images
import FoundationEssentials
import HTTP

/// What a registry wants to see with each request.
enum Authentication: Equatable {
    /// User and password.
    case basic
    /// A token of the server at `realm`.
    case bearer(realm: URL, service: String?, scope: String?)

    /// Why none of a server's challenges can be answered.
    enum Refusal: Error, Equatable {
        /// There is none that we know.
        case unknownSchemes([String])
        /// The token server's address is none that credentials may be sent to.
        case realm(String)
    }

    /// The challenge to answer: a token before a password, which then goes to the token server alone.
    ///
    /// - Parameter isPlain: whether the registry itself is spoken to over plain http. Only then may the token server be
    ///   as well: a realm is whatever the registry says it is, and the password goes there.
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
/// It is asked once at most for each client, when the registry wants credentials. `key` is what Docker stores them
/// under: `host[:port]`, or `https://index.docker.io/v1/` for Docker Hub. Nil if there are none, and the registry is
/// then asked anonymously. The description of what it throws is shown to people, and must hold no secret.
package typealias CredentialSource = @Sendable (_ key: String) async throws -> RegistryCredential?
