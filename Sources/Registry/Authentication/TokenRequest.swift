import HTTP
import Images
import FoundationEssentials
import NIOHTTP1

/// How a token is asked for.
enum TokenRequest {
    /// `GET`, with the credentials as Basic authentication if there are any
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
        let query = (own + asked.map { "\($0)=\(encoded($1))" }).joined(separator: "&")
        components.percentEncodedQuery = query.isEmpty ? nil : query
        guard let url = components.url else { return nil }
        var headers = HTTPHeaders()
        if let credential { headers.add(name: "Authorization", value: basic(credential)) }
        return HTTPRequest(url: url, headers: headers, bodyLimit: bodyLimit)
    }

    /// `POST` of a refresh token (https://distribution.github.io/distribution/spec/auth/oauth/).
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
        let body = form.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
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

    /// Everything but the unreserved characters of RFC 3986 as `%XX`.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
