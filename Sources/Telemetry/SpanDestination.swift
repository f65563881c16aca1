package import FoundationEssentials
package import SystemPackage

/// The destination of spans, from the variables of OpenTelemetry's exporter specification
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
package enum SpanDestination: Equatable, Sendable {
    /// Spans are not sent.
    case off
    case unusable(SpanDestinationProblem)
    case server(SpanServer)

    package init(environment: [String: String]) {
        let variables = ExporterVariables(environment)
        guard variables.isOn else {
            self = .off
            return
        }
        do throws(SpanDestinationProblem) {
            self = try variables.server().map(SpanDestination.server) ?? .off
        } catch {
            self = .unusable(error)
        }
    }
}

/// A server that accepts spans by OTLP over HTTP.
package struct SpanServer: Equatable, Sendable {
    /// The address to which spans are posted.
    package var url: URL
    /// Additional headers of each request. They may contain secrets.
    package var headers: [Header]
    /// The maximum time for a request that nothing waits for, including the connection.
    package var timeout: Duration
    /// The file with the certificates (PEM) of the trusted authorities; nil for the system's.
    package var certificate: FilePath?

    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// The name of the variable with the address. Its value is left out, because it can be a secret.
    package var variable: String
    /// Whether the server may expect gRPC, because neither a variable nor the address tells the protocol.
    package var mayTakeGRPC: Bool

    /// The advice if the server does not accept spans.
    package var advice: String {
        "Correct \(variable), or set OTEL_SDK_DISABLED=true."
            + (mayTakeGRPC
                ? " If it takes gRPC there, set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to its HTTP port, such as "
                    + "http://collector:4318/v1/traces." : "")
    }

    /// The maximum time for a request while a step waits: a second at most, whatever the variables say.
    package var waitLimit: Duration { min(timeout, .seconds(1)) }
}

/// The reason why the variables give no destination. It has no values, because addresses and headers may contain
/// secrets.
package enum SpanDestinationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The endpoint in the variable is for gRPC.
    case grpc(variable: String)
    case address(variable: String)
    case headers(variable: String)

    package var description: String { "\(what) \(advice)" }

    package var what: String {
        switch self {
        case .grpc(let variable): "The endpoint in \(variable) is one for gRPC, and spans are sent by http/protobuf."
        case .address(let variable): "The value of \(variable) is not an address such as http://collector:4318."
        case .headers(let variable): "The value of \(variable) is not a list of headers such as name=value,other=value."
        }
    }

    package var advice: String {
        switch self {
        case .grpc:
            """
            Set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to the \
            collector's HTTP port, such as http://collector:4318/v1/traces. In the agent's environment hook, both are \
            for plugins and commands alone.
            """
        case .address(let variable): "Correct \(variable)."
        case .headers(let variable): "Correct \(variable); special characters in a value are percent-encoded."
        }
    }
}
