import FoundationEssentials
import Images

/// A request to the Engine's API, as it goes over the connection to the daemon.
/// https://docs.docker.com/reference/api/engine/
///
/// No version is named: each daemon then takes its own, and what is used here is the same in all of them.
struct EngineRequest {
    /// `GET` or `POST`.
    let method: String
    /// The path with its query, for people too.
    let target: String
    /// What the daemon shows the registry; nil where it asks none.
    private let authentication: String?

    /// Asks for an image by reference or id.
    static func image(_ name: String) -> EngineRequest {
        EngineRequest(method: "GET", target: "/images/\(escaped(name))/json", authentication: nil)
    }

    /// Gives the image `source` (a reference or an id) a further name.
    static func tag(_ source: String, as target: ImageReference) -> EngineRequest {
        EngineRequest(
            method: "POST",
            target: "/images/\(escaped(source))/tag?repo=\(escaped(target.repository.description))"
                + "&tag=\(escaped(target.tag))",
            authentication: nil
        )
    }

    /// Has the daemon pull an image.
    ///
    /// - Parameter credential: for the registry; nil to ask it without
    static func pull(
        _ reference: RegistryReference,
        platform: Platform?,
        credential: RegistryCredential?
    ) -> EngineRequest {
        let target =
            "/images/create?fromImage=\(escaped(reference.repository.description))"
            + "&tag=\(escaped(reference.target))" + (platform.map { "&platform=\(escaped($0.description))" } ?? "")
        return EngineRequest(
            method: "POST",
            target: target,
            authentication: authentication(credential, reference.repository)
        )
    }

    /// Has the daemon push the image that has this name.
    static func push(_ reference: ImageReference, credential: RegistryCredential?) -> EngineRequest {
        EngineRequest(
            method: "POST",
            target: "/images/\(escaped(reference.repository.description))/push?tag=\(escaped(reference.tag))",
            authentication: authentication(credential, reference.repository)
        )
    }

    /// The whole request. It holds the secret.
    var bytes: [UInt8] {
        let headers =
            ["Host: docker", "User-Agent: docker-cache"] + (authentication.map { ["X-Registry-Auth: \($0)"] } ?? [])
            + ["Content-Length: 0", "Connection: close"]
        return Array((["\(method) \(target) HTTP/1.1"] + headers + ["", ""]).joined(separator: "\r\n").utf8)
    }

    /// The value of `X-Registry-Auth`: base 64, of the kind for addresses. A push without it is refused, also where
    /// there is no credential.
    private static func authentication(_ credential: RegistryCredential?, _ repository: RepositoryName) -> String {
        var fields: [String: String] = [:]
        switch credential {
        case .password(let username, let password): fields = ["username": username, "password": password]
        case .identityToken(let token): fields = ["identitytoken": token]
        case nil: break
        }
        if credential != nil {
            let host = repository.host ?? RegistryReference.defaultHost
            fields["serveraddress"] = CredentialKey(host).serverAddress
        }
        // Texts alone can always be written as JSON.
        let json = (try? JSONEncoder().encode(fields)) ?? Data("{}".utf8)
        return String(
            json.base64EncodedString().map { character in
                switch character {
                case "+": "-"
                case "/": "_"
                default: character
                }
            }
        )
    }

    /// Text for a path or a query, with all that means something there in hexadecimal; slashes stay.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = UnicodeScalar(byte)
            let isPlain =
                "a"..."z" ~= scalar || "A"..."Z" ~= scalar || "0"..."9" ~= scalar
                || "-._~/:".unicodeScalars.contains(scalar)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(scalar) : "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
