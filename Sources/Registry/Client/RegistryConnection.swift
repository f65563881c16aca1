import FoundationEssentials
import HTTP
import Images
import Logging
import NIOHTTP1

/// What is known of one registry during its use: how it is reached, which authentication it requires, and whether it is
/// down.
actor RegistryConnection {
    let endpoint: RegistryEndpoint
    let settings: RegistrySettings
    let time: RegistryTime
    let log: Logger
    let transport: HTTPTransport
    let credentials: CredentialSource

    /// The origin at which the registry answered, nil before that. Afterwards no other origin is tried: HTTPS never
    /// becomes HTTP.
    var origin: Origin?
    /// Whether an answer proved that the host is a registry.
    var isKnownRegistry = false
    /// The error of an operation that got no answer. Later operations fail immediately with the same error: a registry
    /// that is down costs a build only the time of one operation.
    private var outage: RegistryError?

    /// The required authentication, once the registry has requested it.
    var authentication: Authentication?
    var tokens = TokenCache()
    var credentialLookup: Task<RegistryCredential?, any Error>?
    /// Strings that must not appear in any message.
    var secrets: [String] = []

    init(
        endpoint: RegistryEndpoint,
        settings: RegistrySettings,
        time: RegistryTime,
        log: Logger,
        credentials: @escaping CredentialSource
    ) {
        self.endpoint = endpoint
        self.settings = settings
        self.time = time
        self.log = log
        self.credentials = credentials
        transport = HTTPTransport(settings: settings.http, registry: endpoint.name, log: log)
    }

    /// The deadline of an operation that starts now. Throws if the registry is known to be down.
    func begin() throws(RegistryError) -> Deadline {
        if let outage { throw outage }
        return Deadline(after: settings.operationLimit, time: time)
    }

    /// Records the failure of an operation.
    func ended(with error: RegistryError) {
        switch error.reason {
        case .unreachable, .rateLimited: outage = error
        default: break
        }
    }

    /// Sends `request` with the required authentication, follows redirects, and retries if necessary.
    ///
    /// Throws if there is no answer, or if a 401 cannot be answered. Any other refusal is returned as an answer.
    func send(_ request: RegistryRequest, before deadline: Deadline) async throws(RegistryError) -> HTTPResponse {
        var authorization: String?
        if isForRegistry(request) { authorization = try await self.authorization(for: request.scope, before: deadline) }
        var response = try await follow(request, authorization: authorization, before: deadline)
        if response.status == 401, isOwn(response.url) {
            authorization = try await answer(response, to: request, refused: authorization, before: deadline)
            response = try await follow(request, authorization: authorization, before: deadline)
        }
        if response.namesVersion, isOwn(response.url) { isKnownRegistry = true }
        return response
    }

    private func isForRegistry(_ request: RegistryRequest) -> Bool {
        switch request.target {
        case .path: true
        case .url(let url): isOwn(url)
        }
    }

    /// The error for an answer that means `reason`.
    func failure(
        _ reason: RegistryError.Reason,
        _ request: String,
        _ response: HTTPResponse
    ) -> RegistryError {
        let words = body(of: response).words
        return RegistryError(reason, host: name(of: response.url), request: request, words: words)
    }

    /// The body of an answer, parsed as an error message.
    func body(of response: HTTPResponse) -> ErrorBody {
        ErrorBody(response.body, contentType: response.headers.first(name: "Content-Type"), hiding: secrets)
    }

    /// The registry's usual name, or another host's own name.
    func name(of url: URL) -> String {
        guard let origin = Origin(url), !isOwn(url) else { return endpoint.name }
        return origin.authority
    }

    func isOwn(_ url: URL) -> Bool {
        Origin(url).map { $0 == origin || (origin == nil && endpoint.origins(settings).contains($0)) } ?? false
    }
}

/// One request to the registry, independent of its origin and authentication.
struct RegistryRequest {
    enum Target {
        /// A path such as `/v2/team/app/manifests/latest`, on the registry itself.
        case path(String)
        /// A URL that the registry gave. Credentials are sent only if it has the registry's own origin.
        case url(URL)
    }

    var method: HTTPMethod = .GET
    var target: Target
    /// The scope that a token needs for the request. Nil if the request is not about a repository.
    var scope: AccessScope?
    var accept: [MediaType] = []
    var contentType: MediaType?
    var body: [UInt8] = []
    /// The maximum size of a successful answer's body, in bytes.
    var bodyLimit: Int

    var isRead: Bool { method == .GET || method == .HEAD }

    /// Method and path, for messages.
    var summary: String {
        switch target {
        case .path(let path): "\(method.rawValue) \(path)"
        case .url(let url): "\(method.rawValue) \(url.path(percentEncoded: true))"
        }
    }

    func request(to url: URL) -> HTTPRequest {
        var headers = HTTPHeaders()
        // One header with all types, as containerd sends it: some proxies pass on only one of several headers.
        if !accept.isEmpty { headers.add(name: "Accept", value: accept.map(\.description).joined(separator: ", ")) }
        if let contentType { headers.add(name: "Content-Type", value: contentType.description) }
        return HTTPRequest(method: method, url: url, headers: headers, body: body, bodyLimit: bodyLimit)
    }
}
