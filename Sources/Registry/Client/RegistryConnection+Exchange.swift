import FoundationEssentials
import HTTP
import Logging
import NIOHTTP1

extension RegistryConnection {
    /// Sends `request` and follows redirects. `authorization` goes only to the registry's own origin.
    func follow(
        _ request: RegistryRequest,
        authorization: String?,
        before deadline: Deadline
    ) async throws(RegistryError) -> HTTPResponse {
        var response: HTTPResponse
        switch request.target {
        case .path(let path):
            response = try await sendToRegistry(request, path: path, authorization: authorization, before: deadline)
        case .url(let url):
            response = try await exchange(
                request.request(to: url),
                authorization: isOwn(url) ? authorization : nil,
                summary: request.summary,
                before: deadline
            )
        }
        var followed = 0
        var mayAuthorize = isOwn(response.url)
        while true {
            let decision = RedirectPolicy.decide(
                status: response.status,
                location: response.headers.first(name: "Location"),
                from: response.url,
                isRead: request.isRead,
                followed: followed
            )
            switch decision {
            case .stay:
                return response
            case .refuse(let why):
                throw RegistryError(.invalidContent, host: name(of: response.url), request: request.summary, words: why)
            case .follow(let url, let keepsAuthorization):
                followed += 1
                // After a redirect away from the registry, no redirect back restores the credentials. Otherwise a
                // stranger would decide where they go.
                mayAuthorize = mayAuthorize && keepsAuthorization
                response = try await exchange(
                    request.request(to: url),
                    authorization: mayAuthorize ? authorization : nil,
                    summary: request.summary,
                    before: deadline
                )
            }
        }
    }

    /// Sends `request`, and retries as long as that can help.
    func exchange(
        _ request: HTTPRequest,
        authorization: String?,
        summary: String,
        before deadline: Deadline
    ) async throws(RegistryError) -> HTTPResponse {
        var request = request
        if let authorization { request.headers.replaceOrAdd(name: "Authorization", value: authorization) }
        let isRegistry = isOwn(request.url)
        return try await retrying(host: name(of: request.url), summary: summary, before: deadline) {
            limit async throws(TransportError) in
            try await self.transport.send(request, limit: limit, isRegistry: isRegistry)
        }
    }

    /// Sends a request to the registry and determines whether it uses HTTPS.
    private func sendToRegistry(
        _ request: RegistryRequest,
        path: String,
        authorization: String?,
        before deadline: Deadline
    ) async throws(RegistryError) -> HTTPResponse {
        try await retrying(host: endpoint.name, summary: request.summary, before: deadline) {
            limit async throws(TransportError) in
            let origins = self.possibleOrigins
            for (position, origin) in origins.enumerated() {
                guard let url = URL(string: "\(origin)\(path)") else { throw .unusable("its address is none") }
                var outgoing = request.request(to: url)
                if let authorization { outgoing.headers.replaceOrAdd(name: "Authorization", value: authorization) }
                do throws(TransportError) {
                    let limit = min(limit, deadline.remaining)
                    guard limit > .zero else { throw .timedOut }
                    let response = try await self.transport.send(outgoing, limit: limit, isRegistry: true)
                    // A server that expects TLS answers with an error in plain text, if at all.
                    let isDoubtful = origin.scheme == .http && response.status == 400 && !response.namesVersion
                    if isDoubtful, position < origins.count - 1 { continue }
                    self.reached(at: origin)
                    return response
                } catch {
                    let isLast = position == origins.count - 1
                    guard !isLast, error.suggestsAnotherScheme(than: origin, next: origins[position + 1]) else {
                        throw error
                    }
                    self.log.debug("\(origin) cannot be reached; trying \(origins[position + 1])")
                }
            }
            throw .unusable("there is no way to reach it")
        }
    }

    private var possibleOrigins: [Origin] { origin.map { [$0] } ?? endpoint.origins(settings) }

    private func reached(at origin: Origin) {
        if self.origin == nil { self.origin = origin }
    }

    private func retrying(
        host: String,
        summary: String,
        before deadline: Deadline,
        _ send: (_ limit: Duration) async throws(TransportError) -> HTTPResponse
    ) async throws(RegistryError) -> HTTPResponse {
        var tries = 0
        while true {
            tries += 1
            let remaining = deadline.remaining
            guard remaining > .zero else {
                throw RegistryError(.unreachable, host: host, request: summary, words: TransportError.timedOut.words)
            }
            let obstacle: RetryPolicy.Obstacle
            let result: Result<HTTPResponse, TransportError>
            do throws(TransportError) {
                let response = try await send(min(settings.requestLimit, remaining))
                result = .success(response)
                obstacle = .status(response.status, retryAfter: RetryPolicy.retryAfter(response.headers))
            } catch {
                guard let met = error.obstacle else { throw unanswered(error, host: host, summary: summary) }
                result = .failure(error)
                obstacle = met
            }
            let wait = RetryPolicy.wait(
                after: obstacle,
                tries: tries,
                remaining: deadline.remaining,
                jitter: time.jitter()
            )
            guard let wait else {
                do throws(TransportError) {
                    return try result.get()
                } catch {
                    throw unanswered(error, host: host, summary: summary)
                }
            }
            log.debug("\(host): \(obstacle); trying again in \(wait)")
            do {
                try await time.sleep(wait)
            } catch {
                throw unanswered(.cancelled, host: host, summary: summary)
            }
        }
    }

    private func unanswered(_ error: TransportError, host: String, summary: String) -> RegistryError {
        RegistryError(error.reason, host: host, request: summary, words: error.words)
    }
}

extension TransportError {
    /// Whether a registry that may use HTTP or HTTPS has shown that it does not use the scheme of `origin`.
    fileprivate func suggestsAnotherScheme(than origin: Origin, next: Origin) -> Bool {
        switch self {
        case .handshake, .broken: true
        // Nothing listens on 443. If the registry's name has a port, both schemes use it.
        case .refused: origin.port != next.port
        default: false
        }
    }
}

/// The time by which an operation must end, with all its requests.
struct Deadline {
    private let end: Duration
    private let time: RegistryTime

    init(after limit: Duration, time: RegistryTime) {
        end = time.elapsed() + limit
        self.time = time
    }

    /// Zero or less after the deadline.
    var remaining: Duration { end - time.elapsed() }
}
