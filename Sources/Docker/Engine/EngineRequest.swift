import FoundationEssentials
import Images

/// A request to the Engine's API, as sent to the daemon.
/// https://docs.docker.com/reference/api/engine/
///
/// It names no API version. Each daemon then uses its own, and the parts used here are the same in all versions.
struct EngineRequest {
    /// `GET` or `POST`.
    let method: String
    /// The path with its query. Also used in messages.
    let target: String
    /// The credentials that the daemon sends to the registry. Nil if it contacts none.
    private let authentication: String?

    /// Inspects an image by reference or id.
    static func image(_ name: String) -> EngineRequest {
        EngineRequest(method: "GET", target: "/images/\(escaped(name))/json", authentication: nil)
    }

    /// Adds a name to the image `source` (a reference or an id).
    static func tag(_ source: String, as target: ImageReference) -> EngineRequest {
        EngineRequest(
            method: "POST",
            target: "/images/\(escaped(source))/tag?repo=\(escaped(target.repository.description))"
                + "&tag=\(escaped(target.tag))",
            authentication: nil
        )
    }

    /// Makes the daemon pull an image.
    ///
    /// - Parameter credential: for the registry; nil to pull without one
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

    /// Makes the daemon push the image with this name.
    static func push(_ reference: ImageReference, credential: RegistryCredential?) -> EngineRequest {
        EngineRequest(
            method: "POST",
            target: "/images/\(escaped(reference.repository.description))/push?tag=\(escaped(reference.tag))",
            authentication: authentication(credential, reference.repository)
        )
    }

    /// The bytes of the whole request, including the secret.
    var bytes: [UInt8] {
        let headers =
            ["Host: docker", "User-Agent: docker-cache"] + (authentication.map { ["X-Registry-Auth: \($0)"] } ?? [])
            + ["Content-Length: 0", "Connection: close"]
        return Array((["\(method) \(target) HTTP/1.1"] + headers + ["", ""]).joined(separator: "\r\n").utf8)
    }

    /// The value of `X-Registry-Auth`, in URL-safe base 64. The daemon refuses a push without it, even if there is no
    /// credential.
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
        // A dictionary of strings can always be encoded as JSON.
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

    /// Percent-encodes a string for a path or a query. Slashes stay.
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
