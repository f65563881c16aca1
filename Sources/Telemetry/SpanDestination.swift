package import FoundationEssentials
package import SystemPackage

/// Where spans go, by the variables of OpenTelemetry's exporter specification
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
package enum SpanDestination: Equatable, Sendable {
    /// No one wants any.
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

/// A server that takes spans by OTLP over HTTP.
package struct SpanServer: Equatable, Sendable {
    /// Where spans are posted to.
    package var url: URL
    /// What each request has besides: they may hold secrets.
    package var headers: [Header]
    /// How long a request may take, the time for a connection included.
    package var limit: Duration
    /// Certificates (PEM) of those who vouch for the server; nil for the system's.
    package var certificate: FilePath?

    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// The variable with the address, without a value: values can be secrets.
    package var variable: String
    /// Whether gRPC may be spoken there, because no variable names a protocol and the address does not tell.
    package var mayTakeGRPC: Bool

    /// What to do if no spans are taken there.
    package var advice: String {
        "Correct \(variable), or set OTEL_SDK_DISABLED=true."
            + (mayTakeGRPC
                ? " If it takes gRPC there, set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to its HTTP port, such as "
                    + "http://collector:4318/v1/traces." : "")
    }

    /// The most that a step waits for it, whatever the variables say.
    package static let longest = Duration.seconds(1)
}

/// Why it is not known where spans are to go, though there are variables that say so. No value is in it: there may be
/// secrets in addresses and headers.
package enum SpanDestinationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The variable has an endpoint for gRPC.
    case grpc(variable: String)
    case address(variable: String)
    case headers(variable: String)
    case `protocol`(variable: String)

    package var description: String { "\(what) \(advice)" }

    package var what: String {
        switch self {
        case .grpc(let variable): "The endpoint in \(variable) is one for gRPC, and spans are sent by http/protobuf."
        case .address(let variable): "The value of \(variable) is no address such as http://collector:4318."
        case .headers(let variable): "The value of \(variable) is no list of headers such as name=value,other=value."
        case .protocol(let variable): "The value of \(variable) is no protocol of OTLP."
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
        case .protocol(let variable): "Set \(variable) to http/protobuf."
        }
    }
}
