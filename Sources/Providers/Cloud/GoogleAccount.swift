import Crypto
import CryptoExtras
import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
import SystemPackage

/// The source of a token for Google Cloud.
enum GoogleAccountSource: Equatable, Sendable {
    /// A credentials file: one that a variable names, or gcloud's default file.
    case file(FilePath)
    /// The metadata server on that host.
    case metadata(host: String)

    /// The first source that exists, in the order of Google's own libraries.
    ///
    /// https://cloud.google.com/docs/authentication/application-default-credentials
    ///
    /// - Parameter exists: returns whether a file exists
    static func choose(
        environment: [String: String],
        home: FilePath?,
        machine: CloudMachine,
        exists: (FilePath) -> Bool
    ) throws(CloudError) -> GoogleAccountSource {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let file = variable("GOOGLE_APPLICATION_CREDENTIALS") { return .file(FilePath(file)) }
        let configuration =
            variable("CLOUDSDK_CONFIG").map { FilePath($0) } ?? home?.appending(".config").appending("gcloud")
        let file = configuration?.appending("application_default_credentials.json")
        if let file, exists(file) { return .file(file) }
        let nothing = "GOOGLE_APPLICATION_CREDENTIALS is not set"
        if let host = variable("GCE_METADATA_HOST") ?? variable("GCE_METADATA_IP") { return .metadata(host: host) }
        if variable("NO_GCE_CHECK")?.lowercased() == "true" { throw .noAccount("\(nothing), and NO_GCE_CHECK is true") }
        guard machine.mayBe(.google) else { throw .noAccount("\(nothing), and this is no machine of Google Cloud") }
        // The address avoids a name lookup, which can take long on other machines.
        return .metadata(host: "169.254.169.254")
    }
}

/// A token for Google Cloud.
struct GoogleToken: Sendable {
    let token: String
    let lifetime: Duration
    /// Completes "logged in with …".
    let words: String

    static func find(_ session: CloudSession) async throws(CloudError) -> GoogleToken {
        let source = try GoogleAccountSource.choose(
            environment: session.environment,
            home: session.home,
            machine: session.machine
        ) { session.text(of: $0) != nil }
        switch source {
        case .metadata(let host): return try await ofMetadata(host, session)
        case .file(let file): return try await ofFile(file, session)
        }
    }

    /// https://cloud.google.com/compute/docs/metadata/querying-metadata
    private static func ofMetadata(_ host: String, _ session: CloudSession) async throws(CloudError) -> GoogleToken {
        let service = "the metadata server of Google Cloud"
        let path = "computeMetadata/v1/instance/service-accounts/default/token"
        guard let url = URL(string: "http://\(host)/\(path)") else {
            throw .noAccount("GCE_METADATA_HOST is not a valid host")
        }
        let request = CloudRequest(service, .GET, url, headers: ["Metadata-Flavor": "Google"], reach: .machine)
        let response = try await session.send(request)
        // A response without this header is not from Google's server.
        guard response.headers.first(name: "Metadata-Flavor") == "Google" else {
            throw .unexpectedAnswer(service: service, problem: "it is not Google's")
        }
        guard response.isSuccess else {
            let problem = response.status == 404 ? "the instance has no service account" : ""
            throw .refused(service: service, status: response.status, code: nil, message: problem)
        }
        guard let json = try? JSONValue(parsing: response.body) else {
            throw .unexpectedAnswer(service: service, problem: "it is not JSON")
        }
        return try token(in: json, service, words: "the instance's service account")
    }

    private static func ofFile(_ file: FilePath, _ session: CloudSession) async throws(CloudError) -> GoogleToken {
        let text = try session.secret(in: file)
        // The decoder's error could quote the file, so it is not shown.
        guard let json = try? JSONValue(parsing: text.utf8), let type = json["type"]?.string else {
            throw .unusable(file: file.string, problem: "it is not the JSON of an account of Google Cloud")
        }
        if type == "external_account" {
            let answer = try await GoogleFederation(json, file).token(session)
            return try token(in: answer, service, words: "the federated account in \(file)")
        }
        let request: CloudRequest
        switch type {
        case "service_account": request = try assertion(json, file, now: session.now())
        case "authorized_user": request = try refresh(json, file)
        default: throw .leftToTool("only the command gcloud can use \(file), which is of the type \(type)")
        }
        let words = type == "service_account" ? "the service account's key in \(file)" : "the account in \(file)"
        return try token(in: try await session.json(request), request.service, words: words)
    }

    private static let service = "Google's token server"
    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    /// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
    private static func assertion(_ json: JSONValue, _ file: FilePath, now: Int64) throws(CloudError) -> CloudRequest {
        guard let email = json["client_email"]?.string, let pem = json["private_key"]?.string else {
            throw .unusable(file: file.string, problem: "it has no client_email, or no private_key")
        }
        let url = try tokenAddress(json, file)
        let seconds = now / 1000
        let head = Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8).base64URL
        let body = Data(
            """
            {"iss":\(quoted(email)),"scope":"\(scope)","aud":\(quoted(url.absoluteString)),"iat":\(seconds),\
            "exp":\(seconds + 3600)}
            """.utf8
        ).base64URL
        let text = "\(head).\(body)"
        do {
            let key = try _RSA.Signing.PrivateKey(pemRepresentation: pem)
            let signature = try key.signature(for: Data(text.utf8), padding: .insecurePKCS1v1_5)
            let fields = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", "\(text).\(signature.rawRepresentation.base64URL)"),
            ]
            return CloudRequest.form(service, url, fields.map { (name: $0.0, value: $0.1) })
        } catch {
            throw .unusable(file: file.string, problem: "its private_key is none")
        }
    }

    private static func refresh(_ json: JSONValue, _ file: FilePath) throws(CloudError) -> CloudRequest {
        guard let id = json["client_id"]?.string, let secret = json["client_secret"]?.string,
            let token = json["refresh_token"]?.string
        else { throw .unusable(file: file.string, problem: "it has no client_id, client_secret or refresh_token") }
        return CloudRequest.form(
            service,
            try tokenAddress(json, file),
            [
                ("grant_type", "refresh_token"), ("client_id", id), ("client_secret", secret), ("refresh_token", token),
            ]
        )
    }

    private static func tokenAddress(_ json: JSONValue, _ file: FilePath) throws(CloudError) -> URL {
        let text = json["token_uri"]?.string ?? "https://oauth2.googleapis.com/token"
        guard let url = URL(string: text), let origin = Origin(url), origin.scheme == .https || origin.isLoopback else {
            throw .unusable(file: file.string, problem: "its token_uri is not an address with https")
        }
        return url
    }

    private static func token(in json: JSONValue, _ service: String, words: String) throws(CloudError) -> GoogleToken {
        guard let token = json["access_token"]?.string, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .unexpectedAnswer(service: service, problem: "there is no token in it") }
        // One hour at most, whatever the answer says; https://www.rfc-editor.org/rfc/rfc6749#section-5.1.
        let seconds = min(max(json["expires_in"]?.integer ?? 300, 60), 3600)
        return GoogleToken(token: token, lifetime: .seconds(seconds), words: words)
    }

    /// A JSON string literal.
    private static func quoted(_ text: String) -> String {
        // Encoding a string never fails.
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

extension Origin {
    /// Whether the host is this machine.
    var isLoopback: Bool {
        // A host name can also begin with `127.`.
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || isAddress
    }
}

extension Data {
    /// Base64 for URLs, without padding (RFC 4648, section 5).
    fileprivate var base64URL: String {
        String(
            base64EncodedString().compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            }
        )
    }
}
