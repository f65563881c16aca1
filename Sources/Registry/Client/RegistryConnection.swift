import FoundationEssentials
import HTTP
import Images
import Logging
import NIOHTTP1

/// What is known of one registry while it is spoken to: how it is reached, what it wants to see, and whether it is
/// down.
actor RegistryConnection {
    let endpoint: RegistryEndpoint
    let settings: RegistrySettings
    let time: RegistryTime
    let log: Logger
    let transport: HTTPTransport
    let credentials: CredentialSource

    /// How the registry is reached, once it has answered. It is not tried otherwise after that: https never becomes
    /// http.
    var origin: Origin?
    /// Whether something that answered was a registry without doubt.
    var isKnownRegistry = false
    /// What ended an operation by leaving it without an answer. Those after it fail with the same, at once: a registry
    /// that is down costs a build the time of one operation altogether.
    private var outage: RegistryError?

    /// What the registry wants to see, once it has said so.
    var authentication: Authentication?
    var tokens = TokenCache()
    var credentialLookup: Task<RegistryCredential?, any Error>?
    /// What must not appear in any message.
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

    /// The time an operation has from now on. Throws if the registry has been found to be down.
    func begin() throws(RegistryError) -> Deadline {
        if let outage { throw outage }
        return Deadline(after: settings.operationLimit, time: time)
    }

    /// Takes note of how an operation failed.
    func ended(with error: RegistryError) {
        switch error.reason {
        case .unreachable, .rateLimited: outage = error
        default: break
        }
    }

    /// Sends `request`, with what the registry wants to see, to where the registry redirects, and again if need be.
    ///
    /// Throws only where there is no answer. A refusal is an answer, after one round of authentication.
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

    /// The body of an answer as what it says about a failure.
    func body(of response: HTTPResponse) -> ErrorBody {
        ErrorBody(response.body, contentType: response.headers.first(name: "Content-Type"), hiding: secrets)
    }

    /// The registry under the name people use, another host under its own.
    func name(of url: URL) -> String {
        guard let origin = Origin(url), !isOwn(url) else { return endpoint.name }
        return origin.authority
    }

    func isOwn(_ url: URL) -> Bool {
        Origin(url).map { $0 == origin || (origin == nil && endpoint.origins(settings).contains($0)) } ?? false
    }
}

/// One question to the registry, before it is known how the registry is reached and what it wants to see first.
struct RegistryRequest {
    enum Target {
        /// A path such as `/v2/team/app/manifests/latest`, on the registry itself.
        case path(String)
        /// What a registry pointed to. Credentials go along only if it is the registry's own origin.
        case url(URL)
    }

    var method: HTTPMethod = .GET
    var target: Target
    /// What a token has to allow for it. Nil for what belongs to no repository.
    var scope: AccessScope?
    var accept: [MediaType] = []
    var contentType: MediaType?
    var body: [UInt8] = []
    /// The most that is read of a successful answer's body, in bytes.
    var bodyLimit: Int

    var isRead: Bool { method == .GET || method == .HEAD }

    /// Method and path, for people.
    var summary: String {
        switch target {
        case .path(let path): "\(method.rawValue) \(path)"
        case .url(let url): "\(method.rawValue) \(url.path(percentEncoded: true))"
        }
    }

    func request(to url: URL) -> HTTPRequest {
        var headers = HTTPHeaders()
        // One header with all of them, as containerd sends it: there are proxies that pass on only one of several.
        if !accept.isEmpty { headers.add(name: "Accept", value: accept.map(\.description).joined(separator: ", ")) }
        if let contentType { headers.add(name: "Content-Type", value: contentType.description) }
        return HTTPRequest(method: method, url: url, headers: headers, body: body, bodyLimit: bodyLimit)
    }
}
