import Formatting
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1

/// Creates requests for a token.
enum TokenRequest {
    /// A `GET` request, with the credentials as Basic authentication if there are any
    /// (https://distribution.github.io/distribution/spec/auth/token/).
    static func get(
        realm: URL,
        service: String?,
        scopes: [AccessScope],
        credential: RegistryCredential?,
        bodyLimit: Int
    ) -> HTTPRequest? {
        guard var components = URLComponents(url: realm, resolvingAgainstBaseURL: true) else { return nil }
        let asked = (service.map { [("service", $0)] } ?? []) + scopes.map { ("scope", $0.description) }
        let own = components.percentEncodedQuery.map { $0.isEmpty ? [] : [$0] } ?? []
        let query = (own + asked.map { "\($0)=\($1.percentEncoded)" }).joined(separator: "&")
        components.percentEncodedQuery = query.isEmpty ? nil : query
        guard let url = components.url else { return nil }
        var headers = HTTPHeaders()
        if let credential { headers.add(name: "Authorization", value: basic(credential)) }
        return HTTPRequest(url: url, headers: headers, bodyLimit: bodyLimit)
    }

    /// A `POST` request with a refresh token (https://distribution.github.io/distribution/spec/auth/oauth/).
    static func post(
        realm: URL,
        service: String?,
        scopes: [AccessScope],
        refreshToken: String,
        bodyLimit: Int
    ) -> HTTPRequest {
        let form = [
            ("grant_type", "refresh_token"), ("service", service ?? ""), ("client_id", "docker-cache"),
            ("scope", scopes.map(\.description).joined(separator: " ")), ("refresh_token", refreshToken),
        ]
        let body = form.map { "\($0)=\($1.percentEncoded)" }.joined(separator: "&")
        return HTTPRequest(
            method: .POST,
            url: realm,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(body.utf8),
            bodyLimit: bodyLimit
        )
    }

    /// The value of `Authorization` for user and password (RFC 7617).
    static func basic(_ credential: RegistryCredential) -> String {
        let (username, password) = credential.userAndPassword
        return "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
    }
}

/// The answer of a token server (https://distribution.github.io/distribution/spec/auth/token/).
struct TokenResponse: Equatable {
    let token: String
    /// How long the token is valid, from the time of the request.
    let lifetime: Duration

    /// The lifetime that the specification prescribes if the answer gives none, in seconds.
    static let defaultLifetimeSeconds: Int64 = 60

    /// Nil if `body` has no token, or one that cannot be sent in a header.
    init?(parsing body: [UInt8]) {
        // The decoder's error could quote the token.
        guard let json = try? JSONValue(parsing: body),
            let token = [json["token"]?.string, json["access_token"]?.string].lazy.compactMap({ $0 }).first(where: {
                !$0.isEmpty
            }),
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.token = token
        let seconds = json["expires_in"]?.integer ?? 0
        lifetime = .seconds(seconds > 0 ? min(seconds, 86_400 * 365) : Self.defaultLifetimeSeconds)
    }
}

/// The tokens from a registry's token server, by scope.
struct TokenCache {
    private struct Entry {
        let scope: AccessScope?
        let token: String
        let end: Duration
    }

    private var entries: [Entry] = []

    /// A token for `scope`, or for more, that is still valid at `now` (on the clock of ``RegistryTime/elapsed``).
    func token(for scope: AccessScope?, at now: Duration) -> String? {
        entries.last { entry in
            guard entry.end > now else { return false }
            guard let scope else { return true }
            return entry.scope?.covers(scope) == true
        }?.token
    }

    /// Stores a token that was requested at `asked`. It is treated as expired after nine tenths of its lifetime, so
    /// that it does not expire in transit.
    mutating func insert(_ response: TokenResponse, for scope: AccessScope?, asked: Duration) {
        entries.removeAll { $0.scope == scope || $0.end <= asked }
        entries.append(Entry(scope: scope, token: response.token, end: asked + response.lifetime * 0.9))
    }

    /// Removes a token that was refused.
    mutating func remove(_ token: String) {
        entries.removeAll { $0.token == token }
    }
}
