import Formatting
import FoundationEssentials
package import HTTP
import Logging
import NIOHTTP1
import SystemPackage

/// A request to the API of a cloud, or to what a cloud puts on its machines.
struct CloudRequest: Sendable {
    enum Reach: Sendable {
        /// A service of the network.
        case network
        /// An address that the machine itself, or its host, answers: no proxy leads there, and where it is not answered
        /// at once it is not there.
        case machine

        /// That of an address which someone else names: without TLS it is one of the machine.
        static func of(_ url: URL) -> Reach { Origin(url)?.scheme == .https ? .network : .machine }
    }

    /// What it is called in messages.
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

    /// A form, as OAuth and STS have it.
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
    /// An object of texts.
    static func json(_ fields: [String: String]) -> [UInt8] {
        // Texts can always be encoded.
        (try? JSONEncoder().encode(fields)).map { Array($0) } ?? []
    }
}

extension URL {
    /// The address of a path below this one.
    func below(_ path: String) -> URL? {
        let base = absoluteString
        return URL(string: base.hasSuffix("/") ? base + path : "\(base)/\(path)")
    }
}

/// Sends a request, and gives the answer back whatever its status.
package typealias CloudExchange =
    @Sendable (HTTPRequest, _ isOnMachine: Bool) async throws(TransportError)
    -> HTTPResponse

/// How clouds are asked over the network of this machine.
package struct CloudTransport: Sendable {
    private let environment: [String: String]

    package init(environment: [String: String]) {
        self.environment = environment
    }

    /// Connects again each time: a login needs one or two requests, mostly to different hosts.
    package func send(_ request: HTTPRequest, isOnMachine: Bool) async throws(TransportError) -> HTTPResponse {
        var settings = HTTPSettings(environment: environment)
        settings.insecureRegistries = []
        if let file = environment["AWS_CA_BUNDLE"], !file.isEmpty { settings.rootCertificates = FilePath(file) }
        if isOnMachine {
            // Whatever is meant to be asked here must be asked by this machine, and not by a proxy.
            settings.proxyVariables = [:]
            settings.connectLimit = Self.machineLimit
        }
        // Addresses and answers may hold secrets, and are not logged.
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

    /// Amazon's own tools wait for one second, Google's for three.
    static let machineLimit = Duration.seconds(1)
    /// A metadata server may have to fetch the token itself.
    static let machineAnswerLimit = Duration.seconds(2)
    static let networkLimit = Duration.seconds(10)
}
