import FoundationEssentials
import Logging
import NIOHTTP1

/// One request to one server, and nothing after it.
///
/// Without a proxy, it has its own connection, which can be made ahead of time. Plain HTTP needs one socket and a thread,
/// TLS an event loop. A request through a proxy takes ``HTTPTransport``.
package struct SingleRequest: Sendable {
    private let settings: HTTPSettings
    private let way: Way

    private enum Way {
        case plain(PlainConnection)
        case secure(SecureConnection)
        case other
    }

    package init(to origin: Origin, settings: HTTPSettings) {
        self.settings = settings
        way =
            switch (ProxyRules(environment: settings.proxyVariables).route(to: origin), origin.scheme) {
            case (.direct, .http): .plain(PlainConnection(to: origin))
            case (.direct, .https): .secure(SecureConnection(to: origin, settings: settings))
            default: .other
            }
    }

    /// Begins to connect, where that can be done before there is a request, and returns at once.
    package func prepare(limit: Duration) {
        switch way {
        case .plain(let connection): connection.prepare(within: limit)
        case .secure(let connection): connection.prepare()
        case .other: break
        }
    }

    /// Sends the request, to the origin that was given. A task that is cancelled does not end it: it has its own limit.
    ///
    /// - Parameter limit: how long it may take to have the whole answer, name resolution included
    package func send(_ request: HTTPRequest, limit: Duration) async throws(TransportError) -> HTTPResponse {
        let settings = settings
        let result =
            switch way {
            case .plain(let connection): await PlainExchange(request, over: connection).result(within: limit)
            case .secure(let connection): await connection.result(of: request, within: limit)
            case .other: await Task { await Self.send(request, with: settings, limit: limit) }.value
            }
        return try result.get()
    }

    private static func send(
        _ request: HTTPRequest,
        with settings: HTTPSettings,
        limit: Duration
    ) async -> Result<HTTPResponse, TransportError> {
        // What is sent may hold secrets, and is not logged.
        let log = Logger(label: "") { _ in SwiftLogNoOpLogHandler() }
        let transport = HTTPTransport(settings: settings, registry: "", log: log)
        let result: Result<HTTPResponse, TransportError>
        do throws(TransportError) {
            result = .success(try await transport.send(request, limit: limit, isRegistry: false))
        } catch {
            result = .failure(error)
        }
        // It would wait for a connection that is still being made.
        Task { await transport.shutdown() }
        return result
    }
}

extension HTTPRequest {
    /// What the request's line names (RFC 9112, section 3.2.1).
    var target: String {
        let path = url.path(percentEncoded: true)
        let query = url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        return (path.isEmpty ? "/" : path) + query
    }

    /// The headers of a request that is the only one over its connection.
    func singleHeaders(to origin: Origin) -> HTTPHeaders {
        var headers = headers
        headers.replaceOrAdd(name: "Host", value: origin.authority)
        headers.replaceOrAdd(name: "Connection", value: "close")
        headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        if !headers.contains(name: "User-Agent") { headers.add(name: "User-Agent", value: "docker-cache") }
        return headers
    }
}
