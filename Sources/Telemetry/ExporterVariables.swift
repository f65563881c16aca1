import FoundationEssentials
import SystemPackage

/// The variables that set the destination of spans. An empty variable is treated as not set. The variables for traces
/// take precedence over those for all signals.
struct ExporterVariables {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    private static let traces = "OTEL_EXPORTER_OTLP_TRACES_"
    private static let everything = "OTEL_EXPORTER_OTLP_"

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The variable that takes precedence, and its value.
    private func decisive(_ name: String) -> (variable: String, value: String)? {
        for variable in [Self.traces + name, Self.everything + name] {
            if let value = value(variable) { return (variable, value) }
        }
        return nil
    }

    /// Whether spans are enabled. Any value but `true` means false. Exporters other than `otlp` are not ours.
    var isOn: Bool {
        let exporters = value("OTEL_TRACES_EXPORTER")?.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        return value("OTEL_SDK_DISABLED")?.lowercased() != "true" && exporters?.contains("otlp") != false
    }

    /// The server for spans; nil if no variable names one.
    func server() throws(SpanDestinationProblem) -> SpanServer? {
        let candidates = [Self.traces, Self.everything].compactMap { Endpoint($0, environment) }
        guard let first = candidates.first else { return nil }
        // The endpoint for traces is tried first. If it accepts only gRPC, the general endpoint may accept HTTP.
        for endpoint in candidates where endpoint.speaksHTTP {
            return SpanServer(
                url: try endpoint.url,
                headers: try headers(endpoint),
                timeout: timeout,
                certificate: decisive("CERTIFICATE").map { FilePath($0.value) },
                variable: endpoint.variable,
                mayTakeGRPC: endpoint.mayTakeGRPC
            )
        }
        throw .grpc(variable: first.variable)
    }

    /// The headers for an endpoint. If traces have their own endpoint, their headers are not sent to the general one,
    /// because they may be the credentials for the former.
    private func headers(_ endpoint: Endpoint) throws(SpanDestinationProblem) -> [SpanServer.Header] {
        let ofTraces = endpoint.isForTraces || value(Self.traces + "ENDPOINT") == nil
        let name = Self.everything + "HEADERS"
        let found = ofTraces ? decisive("HEADERS") : value(name).map { (variable: name, value: $0) }
        guard let found else { return [] }
        guard let list = KeyValueList(found.value) else { throw .headers(variable: found.variable) }
        let headers = list.pairs.map { SpanServer.Header(name: $0.name, value: $0.value) }
        guard headers.allSatisfy(Self.isValid) else { throw .headers(variable: found.variable) }
        return headers
    }

    /// Whether the header is valid in HTTP (RFC 9110, 5.1 and 5.5).
    private static func isValid(_ header: SpanServer.Header) -> Bool {
        let special = Set("!#$%&'*+-.^_`|~".utf8)
        let isName = header.name.utf8.allSatisfy { byte in
            special.contains(byte)
                || byte < 0x80
                    && (Character(Unicode.Scalar(byte)).isLetter
                        || Character(Unicode.Scalar(byte)).isNumber)
        }
        return isName && header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
    }

    /// The specification's default is 10 s, and 0 means no limit. A minute is enough for any server.
    private var timeout: Duration {
        let longest = Duration.seconds(60)
        let limits = [Self.traces, Self.everything].compactMap { value($0 + "TIMEOUT").flatMap(Self.milliseconds) }
        guard let limit = limits.first else { return .seconds(10) }
        return limit == 0 ? longest : min(.milliseconds(limit), longest)
    }

    /// The number in a value; nil if it is not one.
    static func milliseconds(_ value: String) -> Int64? { Int64(value).flatMap { $0 < 0 ? nil : $0 } }

    /// The transport that a value names.
    enum WireProtocol {
        case http
        case grpc

        /// Nil for a value that the specification does not have.
        init?(_ value: String) {
            switch value.lowercased() {
            case "http/protobuf", "http/json", "http": self = .http
            case "grpc": self = .grpc
            default: return nil
            }
        }
    }

    /// An address and its protocol.
    private struct Endpoint {
        let variable: String
        let isForTraces: Bool
        private let address: String
        private let givenProtocol: WireProtocol?

        /// Nil if no variable with the prefix has an address.
        init?(_ prefix: String, _ environment: [String: String]) {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            variable = prefix + "ENDPOINT"
            isForTraces = prefix == ExporterVariables.traces
            guard let address = value(variable) else { return nil }
            self.address = address
            // Without an endpoint for traces, spans go to the general endpoint with the protocol for traces.
            let isAlone = value(ExporterVariables.traces + "ENDPOINT") == nil
            let ofTraces = ExporterVariables.traces + "PROTOCOL"
            let ofEverything = ExporterVariables.everything + "PROTOCOL"
            let ofBoth = [isForTraces || isAlone ? value(ofTraces) : nil, value(ofEverything)]
            givenProtocol = ofBoth.compactMap { $0.flatMap(WireProtocol.init) }.first
        }

        /// The usual ports of collectors for gRPC and HTTP.
        private static let grpcPort = 4317
        private static let httpPort = 4318

        /// Whether the endpoint accepts HTTP. Buildkite agents use gRPC by default and set no protocol, so the usual
        /// gRPC port means gRPC. An address with a path, or with the usual HTTP port, is not for gRPC.
        var speaksHTTP: Bool {
            let url = URL(string: address)
            // `host:4317` is a gRPC address, but is parsed as a scheme with a path.
            let hasPath = url.map { $0.host() != nil && $0.path(percentEncoded: true).count > 1 } ?? false
            return switch givenProtocol {
            case .http: true
            case .grpc: hasPath || url?.port == Self.httpPort
            case nil: hasPath || url?.port != Self.grpcPort
            }
        }

        /// Whether HTTP and gRPC cannot be distinguished.
        var mayTakeGRPC: Bool {
            guard givenProtocol == nil, let url = URL(string: address) else { return false }
            return url.path(percentEncoded: true).count <= 1 && url.port != Self.httpPort
        }

        /// The address for spans: the traces address as it is, or the general address with `/v1/traces`. A user is
        /// removed.
        var url: URL {
            get throws(SpanDestinationProblem) {
                guard var parts = URLComponents(string: address), let host = parts.host, !host.isEmpty,
                    ["http", "https"].contains(parts.scheme?.lowercased())
                else { throw .address(variable: variable) }
                parts.user = nil
                parts.password = nil
                parts.fragment = nil
                if !isForTraces {
                    let path = parts.percentEncodedPath
                    parts.percentEncodedPath = (path.hasSuffix("/") ? path : path + "/") + "v1/traces"
                }
                guard let url = parts.url else { throw .address(variable: variable) }
                return url
            }
        }
    }
}
