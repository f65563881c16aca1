import FoundationEssentials
import HTTP
import Images
import NIOHTTP1
import SystemPackage

/// Workload identity federation: the token of another identity provider, such as a Buildkite job's, is exchanged for a
/// token of a Google Cloud account.
///
/// The file is of the type `external_account`; https://google.aip.dev/auth/4117
struct GoogleFederation: Equatable, Sendable {
    /// The source of the external token.
    enum Subject: Equatable, Sendable {
        case file(FilePath)
        case url(URL, headers: [String: String])
    }

    let subject: Subject
    /// The JSON field that holds the token; nil if the whole content is the token.
    let field: String?
    let subjectType: String
    let audience: String
    let tokenURL: URL
    /// The URL that exchanges the token for one of a service account; nil for no such exchange.
    let impersonation: URL?

    /// Parses the file. Throws if only the command line supports its source: a program, Amazon's signatures or
    /// certificates.
    init(_ json: JSONValue, _ file: FilePath) throws(CloudError) {
        guard let source = json["credential_source"], let audience = json["audience"]?.string,
            let subjectType = json["subject_token_type"]?.string
        else { throw .unusable(file: file.string, problem: "it has no audience, no type or no source of a token") }
        if let path = source["file"]?.string {
            subject = .file(FilePath(path))
        } else if let text = source["url"]?.string, let url = URL(string: text), Origin(url) != nil {
            subject = .url(url, headers: source["headers"]?.strings ?? [:])
        } else {
            throw .leftToTool("only the command gcloud can use \(file), whose source is neither a file nor an address")
        }
        let format = source["format"]
        field = format?["type"]?.string == "json" ? format?["subject_token_field_name"]?.string ?? "" : nil
        self.audience = audience
        self.subjectType = subjectType
        tokenURL = try Self.address(json["token_url"]?.string ?? "https://sts.googleapis.com/v1/token", file)
        if let text = json["service_account_impersonation_url"]?.string {
            impersonation = try Self.address(text, file)
        } else {
            impersonation = nil
        }
    }

    private static func address(_ text: String, _ file: FilePath) throws(CloudError) -> URL {
        guard let url = URL(string: text), let origin = Origin(url), origin.scheme == .https || origin.isLoopback else {
            throw .unusable(file: file.string, problem: "one of its addresses has no https")
        }
        return url
    }

    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    /// Performs all exchanges and returns the final answer, with `access_token` and `expires_in`.
    func token(_ session: CloudSession) async throws(CloudError) -> JSONValue {
        let exchange = CloudRequest.form(
            "Google's token server",
            tokenURL,
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", audience),
                ("scope", Self.scope), ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token", try await subjectToken(session)), ("subject_token_type", subjectType),
            ]
        )
        let answer = try await session.json(exchange)
        guard let impersonation else { return answer }
        guard let token = answer["access_token"]?.string else {
            throw .unexpectedAnswer(service: exchange.service, problem: "there is no token in it")
        }
        let request = CloudRequest(
            "Google's service for accounts",
            .POST,
            impersonation,
            headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
            body: Array(#"{"scope":["\#(Self.scope)"],"lifetime":"3600s"}"#.utf8)
        )
        let impersonated = try await session.json(request)
        return .object([
            "access_token": impersonated["accessToken"] ?? .null, "expires_in": .number(3600),
        ])
    }

    private func subjectToken(_ session: CloudSession) async throws(CloudError) -> String {
        let service = "the source of the token"
        let text: String
        switch subject {
        case .file(let file): text = try session.secret(in: file)
        case .url(let url, let headers):
            let request = CloudRequest(
                service,
                .GET,
                url,
                headers: HTTPHeaders(headers.sorted { $0.key < $1.key }),
                reach: .of(url)
            )
            let response = try await session.send(request)
            guard response.isSuccess else {
                throw .refused(service: service, status: response.status, code: nil, message: "")
            }
            text = String(decoding: response.body, as: UTF8.self)
        }
        guard let field else { return text }
        guard let token = (try? JSONValue(parsing: text.utf8))?[field]?.string, !token.isEmpty else {
            throw .unexpectedAnswer(service: service, problem: "there is no member \(field) in it")
        }
        return token
    }
}
