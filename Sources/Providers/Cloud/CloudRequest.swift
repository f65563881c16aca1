import Formatting
import FoundationEssentials
package import HTTP
import Logging
import NIOHTTP1
import SystemPackage

/// A request to a cloud's API, or to a service that a cloud provides on its machines.
struct CloudRequest: Sendable {
    enum Reach: Sendable {
        /// A service on the network.
        case network
        /// A service on this machine or its host. Requests bypass the proxy. If it does not answer at once, it does not
        /// exist.
        case machine

        /// The reach of a configured URL: without TLS, it is on this machine.
        static func of(_ url: URL) -> Reach { Origin(url)?.scheme == .https ? .network : .machine }
    }

    /// The name of the service in messages.
    let service: String
    let method: HTTPMethod
    let url: URL
    var headers: HTTPHeaders
    let body: [UInt8]
    let reach: Reach

    init(
        _ service: String,
        _ method: HTTPMethod = .GET,
        _ url: URL,
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        reach: Reach = .network
    ) {
        self.service = service
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.reach = reach
    }

    /// A form request, as OAuth and STS use them.
    static func form(
        _ service: String,
        _ url: URL,
        _ fields: [(name: String, value: String)],
        headers: HTTPHeaders = [:]
    ) -> CloudRequest {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
        headers.replaceOrAdd(name: "Accept", value: "application/json")
        let body = fields.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&")
        return CloudRequest(service, .POST, url, headers: headers, body: Array(body.utf8))
    }
}

extension CloudRequest {
    /// Encodes a JSON object of strings.
    static func json(_ fields: [String: String]) -> [UInt8] {
        // Encoding strings never fails.
        (try? JSONEncoder().encode(fields)).map { Array($0) } ?? []
    }
}

extension URL {
    /// The URL of a path below this one.
    func below(_ path: String) -> URL? {
        let base = absoluteString
        return URL(string: base.hasSuffix("/") ? base + path : "\(base)/\(path)")
    }
}

/// Sends a request, and returns the response with any status.
package typealias CloudExchange =
    @Sendable (HTTPRequest, _ isOnMachine: Bool) async throws(TransportError)
    -> HTTPResponse

/// Sends requests to clouds over this machine's network.
package struct CloudTransport: Sendable {
    private let environment: [String: String]

    package init(environment: [String: String]) {
        self.environment = environment
    }

    /// Sends a request over a new connection, because a login needs only one or two requests, mostly to different
    /// hosts.
    package func send(_ request: HTTPRequest, isOnMachine: Bool) async throws(TransportError) -> HTTPResponse {
        var settings = HTTPSettings(environment: environment)
        settings.insecureRegistries = []
        if let file = environment["AWS_CA_BUNDLE"], !file.isEmpty { settings.rootCertificates = FilePath(file) }
        if isOnMachine {
            // A request to this machine must come from it, not from a proxy.
            settings.proxyVariables = [:]
            settings.connectLimit = Self.machineLimit
        }
        // URLs and responses may contain secrets, so nothing is logged.
        let transport = HTTPTransport(
            settings: settings,
            registry: "",
            log: Logger(label: "") { _ in
                SwiftLogNoOpLogHandler()
            }
        )
        let result: Result<HTTPResponse, TransportError>
        do throws(TransportError) {
            let limit = isOnMachine ? Self.machineAnswerLimit : Self.networkLimit
            result = .success(try await transport.send(request, limit: limit, isRegistry: false))
        } catch {
            result = .failure(error)
        }
        await transport.shutdown()
        return try result.get()
    }

    /// The connection timeout. Amazon's own tools wait one second, Google's three.
    static let machineLimit = Duration.seconds(1)
    /// A metadata server may have to fetch the token itself.
    static let machineAnswerLimit = Duration.seconds(2)
    static let networkLimit = Duration.seconds(10)
}
