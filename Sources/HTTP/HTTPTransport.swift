import AsyncHTTPClient
package import FoundationEssentials
package import Logging
import NIOCore
package import NIOHTTP1
import NIOPosix
import NIOSSL

/// Sends one request and reads the whole answer. Its callers interpret the answer, and decide on retries and redirects.
///
/// Threads and connections start with the first request, because most runs of the tool need no registry.
package actor HTTPTransport {
    private let settings: HTTPSettings
    private let certificates: TrustedCertificates
    private let proxies: ProxyRules
    private let log: Logger
    private var group: MultiThreadedEventLoopGroup?
    /// The library configures the proxy per client, not per request.
    private var clients: [Proxy?: HTTPClient] = [:]
    /// Certificates are read only once. An origin either is the registry's or is not, so the origin is a sufficient
    /// key.
    private var configurations: [Origin: TLSConfiguration] = [:]

    package init(settings: HTTPSettings, registry: String, log: Logger) {
        self.settings = settings
        self.log = log
        certificates = TrustedCertificates(settings: settings, registry: registry)
        proxies = ProxyRules(environment: settings.proxyVariables)
    }

    /// Sends a request and returns its answer.
    ///
    /// - Parameters:
    ///   - limit: the maximum time until the whole answer has arrived
    ///   - isRegistry: whether the request goes to the registry itself, rather than to a token server or a redirect
    ///     target
    ///   - consume: gets a successful answer's body in parts, whatever its size, and the returned answer then has no
    ///     body. Nil to keep the body
    package func send(
        _ request: HTTPRequest,
        limit: Duration,
        isRegistry: Bool,
        consume: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil
    ) async throws(TransportError) -> HTTPResponse {
        guard let origin = Origin(request.url) else { throw .unusable("its address cannot be used") }
        let client = try client(for: origin)
        var outgoing = HTTPClientRequest(url: request.url.absoluteString)
        outgoing.method = request.method
        outgoing.headers = request.headers
        outgoing.headers.replaceOrAdd(name: "User-Agent", value: "docker-cache")
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        if origin.scheme == .https {
            outgoing.tlsConfiguration = try tlsConfiguration(for: origin, isRegistry: isRegistry)
        }
        let response = try await Self.exchange(
            outgoing,
            with: client,
            request: request,
            limit: limit,
            settings: settings,
            consume: consume
        )
        log.debug("\(request.method.rawValue) \(origin)\(request.url.path(percentEncoded: true)): \(response.status)")
        return response
    }

    /// Closes the connections and ends the thread. A later request would start them again.
    package func shutdown() async {
        for client in clients.values {
            do {
                try await client.shutdown()
            } catch {
                log.debug("The HTTP client did not end well: \(error)")
            }
        }
        clients = [:]
        guard let group else { return }
        self.group = nil
        do {
            try await group.shutdownGracefully()
        } catch {
            log.debug("The thread for HTTP did not end well: \(error)")
        }
    }

    private func tlsConfiguration(
        for origin: Origin,
        isRegistry: Bool
    ) throws(TransportError) -> TLSConfiguration {
        if let known = configurations[origin] { return known }
        let configuration = try certificates.configuration(for: origin, isRegistry: isRegistry)
        configurations[origin] = configuration
        return configuration
    }

    private func client(for origin: Origin) throws(TransportError) -> HTTPClient {
        let proxy: Proxy? =
            switch proxies.route(to: origin) {
            case .direct: nil
            case .through(let proxy): proxy
            case .unusable(let variable):
                throw .unusable("the value of \(variable) is not the address of a proxy that can be used")
            }
        if let client = clients[proxy] { return client }
        let group = group ?? MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let client = HTTPClient(eventLoopGroup: group, configuration: configuration(proxy))
        clients[proxy] = client
        return client
    }

    private func configuration(_ proxy: Proxy?) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(settings.connectLimit), read: TimeAmount(settings.silenceLimit))
        )
        configuration.httpVersion = .http1Only
        // The library would retry until its timeout. `RetryPolicy` decides on retries instead.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = proxy.map { proxy in
            switch proxy.kind {
            case .socks: .socksServer(host: proxy.host, port: proxy.port)
            case .http:
                .server(
                    host: proxy.host,
                    port: proxy.port,
                    authorization: proxy.username.map { .basic(username: $0, password: proxy.password ?? "") }
                )
            }
        }
        return configuration
    }

    /// The library's own deadline covers only the head of the answer, and a server may stall in the body.
    private static func exchange(
        _ outgoing: HTTPClientRequest,
        with client: HTTPClient,
        request: HTTPRequest,
        limit: Duration,
        settings: HTTPSettings,
        consume: (@Sendable (UnsafeRawBufferPointer) -> Void)?
    ) async throws(TransportError) -> HTTPResponse {
        do {
            return try await withThrowingTaskGroup(of: HTTPResponse.self) { tasks in
                tasks.addTask {
                    try await Self.read(
                        outgoing,
                        with: client,
                        request: request,
                        settings: settings,
                        consume: consume
                    )
                }
                tasks.addTask {
                    try await Task.sleep(for: limit)
                    throw TransportError.timedOut
                }
                defer { tasks.cancelAll() }
                guard let response = try await tasks.next() else { throw TransportError.cancelled }
                return response
            }
        } catch {
            throw Task.isCancelled ? .cancelled : TransportError(error, hasHead: false)
        }
    }

    private static func read(
        _ outgoing: HTTPClientRequest,
        with client: HTTPClient,
        request: HTTPRequest,
        settings: HTTPSettings,
        consume: (@Sendable (UnsafeRawBufferPointer) -> Void)?
    ) async throws(TransportError) -> HTTPResponse {
        var hasHead = false
        do {
            let incoming = try await client.execute(outgoing, deadline: .distantFuture)
            hasHead = true
            var response = HTTPResponse(
                url: request.url,
                status: Int(incoming.status.code),
                headers: incoming.headers,
                body: []
            )
            let limit = response.isSuccess ? request.bodyLimit : settings.errorLimit
            for try await part in incoming.body {
                if response.isSuccess, let consume {
                    part.withUnsafeReadableBytes(consume)
                    continue
                }
                response.body += part.readableBytesView
                guard response.body.count > limit else { continue }
                if response.isSuccess { throw TransportError.tooLarge(limit: limit) }
                response.body.removeSubrange(limit...)
                break
            }
            return response
        } catch {
            throw TransportError(error, hasHead: hasHead)
        }
    }
}

extension TimeAmount {
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

/// An answer that was read completely.
package struct HTTPResponse {
    /// The address of this answer's request, after all redirects.
    package var url: URL
    package var status: Int
    package var headers: HTTPHeaders
    /// The body; only its beginning for an unsuccessful answer.
    package var body: [UInt8]

    package init(url: URL, status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether the server identifies itself as a registry. Many registries do not.
    package var namesVersion: Bool { headers.contains(name: "Docker-Distribution-Api-Version") }

    package var isSuccess: Bool { (200...299).contains(status) }
}
