import FoundationEssentials
import HTTP
import NIOHTTP1
import SystemPackage

/// Sends spans to a server, without retries, because a step waits.
package struct SpanSender: Sendable {
    package let server: SpanServer
    private let origin: Origin?
    private let request: SingleRequest?
    private let agent: String
    private let limit: Duration

    /// - Parameters:
    ///   - environment: contains the proxies, and may name the system's certificates
    ///   - version: the version of this program
    ///   - limit: the maximum time for a request, including the connection
    package init(to server: SpanServer, environment: [String: String], version: String, limit: Duration) {
        self.server = server
        self.limit = limit
        var settings = HTTPSettings(environment: environment)
        settings.insecureRegistries = []
        settings.certificateDirectory = nil
        settings.connectLimit = limit
        if let certificate = server.certificate { settings.rootCertificates = certificate }
        origin = Origin(server.url)
        request = origin.map { [settings] in SingleRequest(to: $0, settings: settings) }
        agent = "docker-cache/\(version)"
    }

    /// The destination without secrets, for messages: scheme, host and port.
    package var place: String { origin.map { "\($0)" } ?? "an unusable address" }

    /// Starts to connect and returns at once, so that sending takes one round trip. Does nothing if there is a proxy.
    package func prepare() { request?.prepare(limit: limit) }

    /// Whether sending takes one round trip now: the connection is made, or could not be made.
    package var isReady: Bool { request?.isReady ?? true }

    /// Sends one message.
    ///
    /// - Parameter message: an `ExportTraceServiceRequest`; empty for one without a span
    package func send(_ message: [UInt8]) async throws(SpanSendingError) {
        if origin?.scheme == .https, let file = server.certificate,
            !FileManager.default.isReadableFile(atPath: file.string)
        {
            throw SpanSendingError(place: place, reason: "the file with its certificate, \(file), cannot be read")
        }
        var headers: HTTPHeaders = ["Content-Type": "application/x-protobuf", "User-Agent": agent]
        for header in server.headers { headers.replaceOrAdd(name: header.name, value: header.value) }
        guard let request else { throw SpanSendingError(place: place, reason: "its address cannot be used") }
        let message = HTTPRequest(
            method: .POST,
            url: server.url,
            headers: headers,
            body: message,
            bodyLimit: Self.answerLimit
        )
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await request.send(message, limit: limit)
        } catch {
            throw SpanSendingError(place: place, reason: error.words, mayBeForGRPC: true)
        }
        guard let obstacle = SpanAnswer.obstacle(response) else { return }
        // A proxy for gRPC may refuse a request of HTTP/1.1.
        let isRefusal = (400..<500).contains(response.status)
        throw SpanSendingError(place: place, reason: obstacle, mayBeForGRPC: isRefusal)
    }

    /// In bytes. An answer contains a number and a message.
    private static let answerLimit = 64 << 10
}

/// The reason why a server did not get spans.
package struct SpanSendingError: Error, Equatable, CustomStringConvertible {
    /// Scheme, host and port.
    package let place: String
    package let reason: String
    /// Whether a server for gRPC could be the cause.
    package var mayBeForGRPC = false

    package var description: String { "\(place) did not take spans: \(reason)." }
}
