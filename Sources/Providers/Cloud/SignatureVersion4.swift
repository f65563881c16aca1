import Crypto
import Formatting
import FoundationEssentials
import HTTP
import NIOHTTP1

/// An AWS access key.
struct AWSCredentials: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    let accessKeyID: String
    let secretAccessKey: String
    /// The token of temporary credentials.
    let sessionToken: String?

    /// Omits the secret, so that accidental interpolation does not reveal it.
    var description: String { "credentials of AWS" }

    /// Keeps the secret out of `dump` as well.
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Signs requests with AWS Signature Version 4.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. The path must not
/// contain characters that need encoding; the services used here have the path `/`.
struct SignatureVersion4: Sendable {
    let credentials: AWSCredentials
    let region: String
    /// The service's name in the signature, such as `ecr`.
    let service: String

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// Adds the headers with the time, the session and the signature.
    ///
    /// - Parameter now: milliseconds since 1970
    func sign(_ request: inout CloudRequest, now: Int64) {
        let time = Timestamp.compactText(now)
        request.headers.replaceOrAdd(name: "X-Amz-Date", value: time)
        if let token = credentials.sessionToken {
            request.headers.replaceOrAdd(name: "X-Amz-Security-Token", value: token)
        }
        let day = String(time.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let (canonical, names) = Self.canonical(request)
        let hash = SHA256.hash(data: Array(canonical.utf8)).hexadecimal
        let text = [Self.algorithm, time, scope, hash].joined(separator: "\n")
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
        for part in [day, region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        let signature = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key).hexadecimal
        request.headers.replaceOrAdd(
            name: "Authorization",
            value: "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
                + "Signature=\(signature)"
        )
    }

    /// The canonical form of the request, and the names of the signed headers.
    private static func canonical(_ request: CloudRequest) -> (text: String, names: String) {
        let headers =
            [(name: "host", value: Self.host(request.url))]
            + request.headers.map { (name: $0.name.lowercased(), value: $0.value) }
            // A proxy may change or add other headers.
            .filter { $0.name == "content-type" || $0.name.hasPrefix("x-amz-") }
        let sorted = headers.sorted { $0.name < $1.name }
        let names = sorted.map(\.name).joined(separator: ";")
        let path = request.url.path(percentEncoded: true)
        let query = (request.url.query(percentEncoded: true) ?? "").split(separator: "&").sorted()
        let lines =
            [request.method.rawValue, path.isEmpty ? "/" : path, query.joined(separator: "&")]
            + sorted.map { "\($0.name):\($0.value)" }
            + ["", names, SHA256.hash(data: request.body).hexadecimal]
        return (lines.joined(separator: "\n"), names)
    }

    /// The value of the header `Host`.
    private static func host(_ url: URL) -> String {
        Origin(url)?.authority ?? ""
    }
}
