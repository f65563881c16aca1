import FoundationEssentials
import Logging
import NIOHTTP1

/// A single request to a server.
///
/// Without a proxy, it has its own connection, which can be made ahead of time. Plain HTTP needs one socket and a
/// thread, TLS an event loop. A request through a proxy uses ``HTTPTransport``.
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

    /// Starts to connect, if that is possible before there is a request, and returns at once.
    package func prepare(limit: Duration) {
        switch way {
        case .plain(let connection): connection.prepare(within: limit)
        case .secure(let connection): connection.prepare()
        case .other: break
        }
    }

    /// Whether a request takes one round trip now: ``prepare(limit:)`` has made its connection, or could not.
    package var isReady: Bool {
        switch way {
        case .plain(let connection): connection.isReady
        case .secure(let connection): connection.isReady
        case .other: false
        }
    }

    /// Sends the request to the origin given to the initializer. Cancelling the task does not stop it: it has its own
    /// limit.
    ///
    /// - Parameter limit: the maximum time until the whole answer has arrived, including name resolution
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
        // The request may contain secrets, so it is not logged.
        let log = Logger(label: "") { _ in SwiftLogNoOpLogHandler() }
        let transport = HTTPTransport(settings: settings, registry: "", log: log)
        let result: Result<HTTPResponse, TransportError>
        do throws(TransportError) {
            result = .success(try await transport.send(request, limit: limit, isRegistry: false))
        } catch {
            result = .failure(error)
        }
        // Not awaited, because it would wait for a connection that is still being made.
        Task { await transport.shutdown() }
        return result
    }
}

extension HTTPRequest {
    /// The target in the request line (RFC 9112, section 3.2.1).
    var target: String {
        let path = url.path(percentEncoded: true)
        let query = url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        return (path.isEmpty ? "/" : path) + query
    }

    /// The headers of a request that is the only one on its connection.
    func singleHeaders(to origin: Origin) -> HTTPHeaders {
        var headers = headers
        headers.replaceOrAdd(name: "Host", value: origin.authority)
        headers.replaceOrAdd(name: "Connection", value: "close")
        headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        if !headers.contains(name: "User-Agent") { headers.add(name: "User-Agent", value: "docker-cache") }
        return headers
    }
}
