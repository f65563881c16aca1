import FoundationEssentials
import HTTP
import Images
import NIOHTTP1

/// This machine's AWS account, with the requests that a login and a first push need.
struct AmazonAccount: Sendable {
    let credentials: AWSCredentials
    /// Completes "logged in with …".
    let words: String
    let region: String
    private let session: CloudSession

    /// Finds the source of the credentials, and gets them from there.
    static func find(_ session: CloudSession, region: String) async throws(CloudError) -> AmazonAccount {
        let profile = AWSProfile(environment: session.environment, home: session.home, read: session.text)
        let source = try AWSCredentialSource.choose(
            environment: session.environment,
            profile: profile,
            machine: session.machine
        )
        let credentials = try await source.credentials(session, region: region)
        return AmazonAccount(credentials: credentials, words: source.words, region: region, session: session)
    }

    /// A password for Docker, and its lifetime.
    ///
    /// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
    func registryPassword(for registry: ECRRegistry) async throws(CloudError) -> (password: String, lifetime: Duration)
    {
        let operation = "\(registry.isPublic ? "SpencerFrontendService" : Self.interface).GetAuthorizationToken"
        let answer = try await ask(operation, [:], registry)
        let data = answer["authorizationData"]
        guard let entry = data?.array?.first ?? data, let token = entry["authorizationToken"]?.string,
            let bytes = Data(base64Encoded: token), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("AWS:"), text.utf8.count > 4
        else { throw .unexpectedAnswer(service: "ECR", problem: "there is no password in it") }
        var lifetime = Self.usualLifetime
        if case .number(let end)? = entry["expiresAt"] {
            let rest = Int64(max(0, min(end, 1e11))) - session.now() / 1000
            // If no time is left, this machine's clock is wrong, and the usual lifetime is used.
            if rest > 0 { lifetime = min(rest, Self.usualLifetime) }
        }
        return (String(text.dropFirst(4)), .seconds(lifetime))
    }

    /// https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html: 12 hours, in seconds.
    private static let usualLifetime: Int64 = 12 * 3600

    /// Creates the repository. Succeeds if another agent creates it first.
    func createRepository(_ name: String, in registry: ECRRegistry) async throws(CloudError) {
        do throws(CloudError) {
            _ = try await ask("\(Self.interface).CreateRepository", ["repositoryName": name], registry)
        } catch {
            if case .refused(_, _, "RepositoryAlreadyExistsException", _) = error { return }
            throw error
        }
    }

    /// - Parameter policy: JSON
    func putLifecyclePolicy(_ policy: String, of name: String, in registry: ECRRegistry) async throws(CloudError) {
        let fields = ["repositoryName": name, "lifecyclePolicyText": policy]
        _ = try await ask("\(Self.interface).PutLifecyclePolicy", fields, registry)
    }

    /// The 12 digits of the account that the credentials belong to.
    func number() async throws(CloudError) -> String {
        let fields = [("Action", "GetCallerIdentity"), ("Version", AWSCredentialSource.securityTokenVersion)]
        let variant = AWSEndpoint.Variant(environment: session.environment)
        let url = try AWSCredentialSource.endpoint(.sts, region, variant, session.environment)
        var request = CloudRequest.form("STS", url, fields.map { (name: $0.0, value: $0.1) })
        sign(&request, for: .sts)
        let text = try await AWSCredentialSource.securityTokenAnswer(to: request, session)
        let number = AWSCredentialSource.element("Account", of: text) ?? ""
        guard number.utf8.count == 12, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .unexpectedAnswer(service: "STS", problem: "there is no account in it")
        }
        return number
    }

    private static let interface = "AmazonEC2ContainerRegistry_V20150921"

    private func ask(
        _ operation: String,
        _ fields: [String: String],
        _ registry: ECRRegistry
    ) async throws(CloudError) -> JSONValue {
        let service: AWSEndpoint.Service = registry.isPublic ? .ecrPublic : .ecr
        let variant = AWSEndpoint.Variant(environment: session.environment, registryHost: registry.host)
        let url = try AWSCredentialSource.endpoint(service, registry.region, variant, session.environment)
        var request = CloudRequest(
            "ECR",
            .POST,
            url,
            headers: ["Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": operation],
            body: CloudRequest.json(fields)
        )
        sign(&request, for: service, region: registry.region)
        return try await session.json(request) { json in
            // Some services prefix it with a namespace.
            let code = json["__type"]?.string?.split(separator: "#").last.map(String.init)
            return (code, json["message"]?.string)
        }
    }

    private func sign(_ request: inout CloudRequest, for service: AWSEndpoint.Service, region: String? = nil) {
        SignatureVersion4(credentials: credentials, region: region ?? self.region, service: service.rawValue)
            .sign(&request, now: session.now())
    }
}

extension AWSCredentialSource {
    static let securityTokenVersion = "2011-06-15"

    static func endpoint(
        _ service: AWSEndpoint.Service,
        _ region: String,
        _ variant: AWSEndpoint.Variant,
        _ environment: [String: String]
    ) throws(CloudError) -> URL {
        guard let url = AWSEndpoint.url(of: service, region: region, variant, environment: environment),
            Origin(url) != nil
        else { throw .noAccount("AWS_ENDPOINT_URL is not a valid address") }
        return url
    }

    /// The credentials, which are requested from their source if necessary.
    func credentials(_ session: CloudSession, region: String) async throws(CloudError) -> AWSCredentials {
        switch self {
        case .keys(let keys, _): return keys
        case .webIdentity(let file, let role, let name):
            return try await Self.assume(role, token: try session.secret(in: file), name, session, region)
        case .container(let url, let token):
            var headers: HTTPHeaders = ["Accept": "application/json"]
            switch token {
            case .text(let text): headers.add(name: "Authorization", value: text)
            case .file(let file): headers.add(name: "Authorization", value: try session.secret(in: file))
            case nil: break
            }
            let service = "the container's address for credentials"
            let request = CloudRequest(service, .GET, url, headers: headers, reach: .of(url))
            return try Self.credentials(in: try await session.json(request), service)
        case .instance(let url): return try await Self.ofInstance(url, session)
        }
    }

    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html; the request is not
    /// signed.
    private static func assume(
        _ role: String,
        token: String,
        _ name: String,
        _ session: CloudSession,
        _ region: String
    ) async throws(CloudError) -> AWSCredentials {
        let url = try endpoint(.sts, region, AWSEndpoint.Variant(environment: session.environment), session.environment)
        let request = CloudRequest.form(
            "STS",
            url,
            [
                ("Action", "AssumeRoleWithWebIdentity"), ("Version", securityTokenVersion), ("RoleArn", role),
                ("RoleSessionName", name), ("WebIdentityToken", token),
            ]
        )
        let text = try await securityTokenAnswer(to: request, session)
        guard let id = element("AccessKeyId", of: text), let secret = element("SecretAccessKey", of: text),
            let sessionToken = element("SessionToken", of: text)
        else { throw .unexpectedAnswer(service: "STS", problem: "there are no credentials in it") }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: sessionToken)
    }

    private static func ofInstance(_ base: URL, _ session: CloudSession) async throws(CloudError) -> AWSCredentials {
        let metadata = try await InstanceMetadata.open(base, session)
        let path = "latest/meta-data/iam/security-credentials/"
        let roles = try await metadata.text(path, absence: "the instance has no role")
        guard let role = roles.split(whereSeparator: \.isWhitespace).first, role.utf8.allSatisfy(isOfRole) else {
            throw .unexpectedAnswer(service: InstanceMetadata.service, problem: "there is no role in it")
        }
        let text = try await metadata.text(path + role, absence: "the instance has no role")
        guard let json = try? JSONValue(parsing: text.utf8) else {
            throw .unexpectedAnswer(service: InstanceMetadata.service, problem: "it is not JSON")
        }
        return try credentials(in: json, InstanceMetadata.service)
    }

    /// Whether a byte is valid in a role name.
    private static func isOfRole(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "+=,.@_-".utf8.contains(byte)
        }
    }

    /// Parses credentials in the form that containers and instances return.
    private static func credentials(in json: JSONValue, _ service: String) throws(CloudError) -> AWSCredentials {
        guard let id = json["AccessKeyId"]?.string, let secret = json["SecretAccessKey"]?.string, !id.isEmpty,
            !secret.isEmpty
        else { throw .unexpectedAnswer(service: service, problem: "there are no credentials in it") }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: json["Token"]?.string)
    }

    /// Sends a request to STS and returns its answer: XML that is flat enough to be read by element name.
    static func securityTokenAnswer(
        to request: CloudRequest,
        _ session: CloudSession
    ) async throws(CloudError) -> String {
        var request = request
        request.headers.replaceOrAdd(name: "Accept", value: "text/xml")
        let response = try await session.send(request)
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.isSuccess else {
            throw .refused(
                service: request.service,
                status: response.status,
                code: element("Code", of: text),
                message: CloudSession.shown(element("Message", of: text) ?? "")
            )
        }
        return text
    }

    /// The content of the first element with that name; nil if there is none or it is empty.
    static func element(_ name: String, of text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(name)>"), start.upperBound < end.lowerBound
        else { return nil }
        var found = String(text[start.upperBound..<end.lowerBound])
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            found = found.replacing(entity, with: character)
        }
        return found
    }
}
