import FoundationEssentials
import SystemPackage

/// The variables that say where spans are to go. One that is empty counts as not set. Those of traces alone win over
/// those of everything.
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

    /// The variable that decides, and its value.
    private func decisive(_ name: String) -> (variable: String, value: String)? {
        for variable in [Self.traces + name, Self.everything + name] {
            if let value = value(variable) { return (variable, value) }
        }
        return nil
    }

    /// Whether spans are wanted at all. What is not `true` counts as false; exporters other than `otlp` are for others.
    var isOn: Bool {
        let exporters = value("OTEL_TRACES_EXPORTER")?.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        return value("OTEL_SDK_DISABLED")?.lowercased() != "true" && exporters?.contains("otlp") != false
    }

    /// Nil where no variable names a server.
    func server() throws(SpanDestinationProblem) -> SpanServer? {
        let candidates = [Self.traces, Self.everything].compactMap { Endpoint($0, environment) }
        guard let first = candidates.first else { return nil }
        // Spans go to the endpoint that is meant for them. One that takes gRPC alone may stand beside one of HTTP.
        for endpoint in candidates where try endpoint.speaksHTTP {
            return SpanServer(
                url: try endpoint.url,
                headers: try headers(endpoint),
                limit: limit,
                certificate: decisive("CERTIFICATE").map { FilePath($0.value) },
                variable: endpoint.variable,
                mayTakeGRPC: endpoint.mayTakeGRPC
            )
        }
        throw .grpc(variable: first.variable)
    }

    /// Those that are for traces alone do not go to an endpoint that is for everything, where traces have one of their
    /// own: they may be what lets in there.
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

    /// Whether it is one line of HTTP (RFC 9110, 5.1 and 5.5).
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

    /// In milliseconds. 0 stands for no limit, and what is no number is passed over.
    private var limit: Duration {
        guard let milliseconds = decisive("TIMEOUT").flatMap({ Int64($0.value) }), milliseconds > 0 else {
            return SpanServer.longest
        }
        return min(.milliseconds(milliseconds), SpanServer.longest)
    }

    /// An address, and what is spoken there.
    private struct Endpoint {
        let variable: String
        let isForTraces: Bool
        private let address: String
        private let protocolVariable: String
        private let protocolName: String?

        /// Nil where no variable with the prefix has an address.
        init?(_ prefix: String, _ environment: [String: String]) {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            variable = prefix + "ENDPOINT"
            isForTraces = prefix == ExporterVariables.traces
            guard let address = value(variable) else { return nil }
            self.address = address
            // The endpoint of everything is asked for spans where traces have none; then their protocol counts.
            let isAlone = value(ExporterVariables.traces + "ENDPOINT") == nil
            let ofTraces = ExporterVariables.traces + "PROTOCOL"
            let ofEverything = ExporterVariables.everything + "PROTOCOL"
            let isTraces = (isForTraces || isAlone) && value(ofTraces) != nil
            protocolVariable = isTraces ? ofTraces : ofEverything
            protocolName = value(protocolVariable)
        }

        /// The port that collectors take gRPC at, and the one for HTTP.
        private static let grpcPort = 4317
        private static let httpPort = 4318

        /// Whether it takes HTTP. Agents speak gRPC where no variable names a protocol, and set none: then the usual
        /// port of gRPC is taken for that. An address with a path, or with the usual port of HTTP, is none for gRPC.
        var speaksHTTP: Bool {
            get throws(SpanDestinationProblem) {
                let url = URL(string: address)
                // `host:4317` is an address of gRPC, and reads as a scheme with a path.
                let hasPath = url.map { $0.host() != nil && $0.path(percentEncoded: true).count > 1 } ?? false
                switch protocolName?.lowercased() {
                case "http/protobuf", "http/json", "http": return true
                case "grpc": return hasPath || url?.port == Self.httpPort
                case nil: return hasPath || url?.port != Self.grpcPort
                default: throw .protocol(variable: protocolVariable)
                }
            }
        }

        /// Whether nothing tells HTTP and gRPC apart.
        var mayTakeGRPC: Bool {
            guard protocolName == nil, let url = URL(string: address) else { return false }
            return url.path(percentEncoded: true).count <= 1 && url.port != Self.httpPort
        }

        /// Where spans are posted to: the address of traces as it stands, that of everything with `/v1/traces`. A user
        /// in it is left out.
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
