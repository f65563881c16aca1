import FoundationEssentials
import Logging

/// One request to one server, and nothing after it.
///
/// Over plain HTTP to a server that no proxy is in front of, it needs one socket and a thread, and the connection can
/// be made ahead of time. All else takes ``HTTPTransport``, whose event loop and client start with it and end after it.
package struct SingleRequest: Sendable {
    private let settings: HTTPSettings
    /// Nil where all else is needed.
    private let connection: PlainConnection?

    package init(to origin: Origin, settings: HTTPSettings) {
        self.settings = settings
        let isPlain =
            origin.scheme == .http && ProxyRules(environment: settings.proxyVariables).route(to: origin) == .direct
        connection = isPlain ? PlainConnection(to: origin) : nil
    }

    /// Begins to connect, where that can be done before there is a request, and returns at once.
    package func prepare(limit: Duration) { connection?.prepare(within: limit) }

    /// Sends the request, to the origin that was given. A task that is cancelled does not end it: it has its own limit.
    ///
    /// - Parameter limit: how long it may take to have the whole answer, name resolution included
    package func send(_ request: HTTPRequest, limit: Duration) async throws(TransportError) -> HTTPResponse {
        let result: Result<HTTPResponse, TransportError>
        if let connection {
            result = await PlainExchange(request, over: connection).result(within: limit)
        } else {
            let settings = settings
            result = await Task { await Self.send(request, with: settings, limit: limit) }.value
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
        await transport.shutdown()
        return result
    }
}
