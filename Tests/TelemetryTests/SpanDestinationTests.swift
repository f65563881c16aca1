import FoundationEssentials
import SystemPackage
import Testing

@testable import Telemetry

/// Where spans are sent, according to the variables of OpenTelemetry's specification.
@Suite struct SpanDestinationTests {
    /// The destination for variables in one line, each `NAME=value`, with `…` for `OTEL_EXPORTER_OTLP`.
    private static func destination(_ variables: String) -> SpanDestination {
        let pairs = variables.split(separator: " ").map { variable in
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0].replacing("…", with: "OTEL_EXPORTER_OTLP"), String(parts[1]))
        }
        return SpanDestination(environment: Dictionary(uniqueKeysWithValues: pairs.map { (String($0.0), $0.1) }))
    }

    @Test(arguments: [
        "OTHER=1", "…_ENDPOINT=", "…_TRACES_ENDPOINT=", "…_PROTOCOL=http/protobuf", "…_HEADERS=a=b",
        "…_METRICS_ENDPOINT=http://c:4318/v1/metrics",
        "…_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=true", "…_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=TRUE",
        "…_ENDPOINT=http://c:4318 OTEL_TRACES_EXPORTER=none", "…_ENDPOINT=http://c:4318 OTEL_TRACES_EXPORTER=zipkin",
    ])
    func nothingIsSent(variables: String) {
        #expect(Self.destination(variables) == .off)
    }

    @Test(arguments: [
        ("…_ENDPOINT=http://c:4318", "http://c:4318/v1/traces"),
        ("…_ENDPOINT=http://c:4318/", "http://c:4318/v1/traces"),
        ("…_ENDPOINT=https://c.example/otlp", "https://c.example/otlp/v1/traces"),
        ("…_ENDPOINT=https://c.example/otlp/", "https://c.example/otlp/v1/traces"),
        ("…_ENDPOINT=HTTP://c:9000", "HTTP://c:9000/v1/traces"),
        ("…_ENDPOINT=http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ("…_ENDPOINT=http://user:secret@c:4318", "http://c:4318/v1/traces"),
        ("…_TRACES_ENDPOINT=http://c:4318", "http://c:4318"),
        ("…_TRACES_ENDPOINT=https://c/v1/traces?tenant=1", "https://c/v1/traces?tenant=1"),
        ("…_TRACES_ENDPOINT=http://a/t …_ENDPOINT=http://b:4318", "http://a/t"),
        // Only `true` switches it off, and one of several exporters is ours.
        ("…_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=1", "http://c:4318/v1/traces"),
        ("…_ENDPOINT=http://c:4318 OTEL_TRACES_EXPORTER=otlp,console", "http://c:4318/v1/traces"),
        // Protocols. One that the specification does not have counts as not set.
        ("…_ENDPOINT=http://c:9000 …_PROTOCOL=carrier-pigeon", "http://c:9000/v1/traces"),
        (
            "…_ENDPOINT=http://c:4317 …_TRACES_PROTOCOL=carrier-pigeon …_PROTOCOL=http/protobuf",
            "http://c:4317/v1/traces"
        ),
        ("…_ENDPOINT=http://c:4317 …_PROTOCOL=http/protobuf", "http://c:4317/v1/traces"),
        ("…_ENDPOINT=http://c:9000 …_PROTOCOL=http/json", "http://c:9000/v1/traces"),
        ("…_ENDPOINT=http://c:9000 …_PROTOCOL=grpc …_TRACES_PROTOCOL=http/protobuf", "http://c:9000/v1/traces"),
        ("…_ENDPOINT=http://c:4318 …_PROTOCOL=grpc", "http://c:4318/v1/traces"),
        ("…_TRACES_ENDPOINT=http://c:9000/v1/traces …_PROTOCOL=grpc", "http://c:9000/v1/traces"),
        // gRPC for traces, and HTTP for all signals.
        (
            "…_TRACES_ENDPOINT=http://c:4317 …_TRACES_PROTOCOL=grpc …_ENDPOINT=http://c:9000 …_PROTOCOL=http/protobuf",
            "http://c:9000/v1/traces"
        ),
        ("…_TRACES_ENDPOINT=http://c:4317 …_ENDPOINT=http://c:4318", "http://c:4318/v1/traces"),
    ])
    func spansAreSent(variables: String, to address: String) throws {
        guard case .server(let server) = Self.destination(variables) else {
            Issue.record("\(Self.destination(variables))")
            return
        }
        #expect(server.url.absoluteString == address)
    }

    @Test(arguments: [
        ("…_ENDPOINT=http://c:4317", SpanDestinationProblem.grpc(variable: "OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("…_ENDPOINT=http://c:9000 …_PROTOCOL=grpc", .grpc(variable: "OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("…_ENDPOINT=c:4317 …_PROTOCOL=grpc", .grpc(variable: "OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("…_TRACES_ENDPOINT=http://c:4317", .grpc(variable: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")),
        (
            "…_TRACES_ENDPOINT=http://c:9000 …_TRACES_PROTOCOL=grpc …_PROTOCOL=http/protobuf",
            .grpc(variable: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        ),
        ("…_ENDPOINT=collector:9000", .address(variable: "OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("…_ENDPOINT=ftp://c:4318", .address(variable: "OTEL_EXPORTER_OTLP_ENDPOINT")),
        ("…_TRACES_ENDPOINT=http://", .address(variable: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")),
        ("…_ENDPOINT=http://c …_HEADERS=secret", .headers(variable: "OTEL_EXPORTER_OTLP_HEADERS")),
        ("…_ENDPOINT=http://c …_TRACES_HEADERS=a=%zz", .headers(variable: "OTEL_EXPORTER_OTLP_TRACES_HEADERS")),
        ("…_ENDPOINT=http://c …_HEADERS=a=b%0d%0aInjected:1", .headers(variable: "OTEL_EXPORTER_OTLP_HEADERS")),
        ("…_ENDPOINT=http://c …_HEADERS=n(me=b", .headers(variable: "OTEL_EXPORTER_OTLP_HEADERS")),
    ])
    func whatIsWrongIsSaid(variables: String, problem: SpanDestinationProblem) {
        #expect(Self.destination(variables) == .unusable(problem))
    }

    @Test func aProblemSaysWhatToDoAndNoValue() {
        #expect(
            "\(SpanDestinationProblem.grpc(variable: "X"))" == """
                The endpoint in X is one for gRPC, and spans are sent by http/protobuf. Set \
                OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to the \
                collector's HTTP port, such as http://collector:4318/v1/traces. In the agent's environment hook, both \
                are for plugins and commands alone.
                """
        )
        guard case .unusable(let problem) = Self.destination("…_ENDPOINT=http://c …_HEADERS=api-key:hush") else {
            Issue.record("it is usable")
            return
        }
        #expect(
            "\(problem)" == """
                The value of OTEL_EXPORTER_OTLP_HEADERS is not a list of headers such as name=value,other=value. \
                Correct \
                OTEL_EXPORTER_OTLP_HEADERS; special characters in a value are percent-encoded.
                """
        )
    }

    @Test(arguments: [
        ("…_HEADERS=a=1,b=x%20y", ["a: 1", "b: x y"]),
        ("…_HEADERS=a=1,a=2", ["a: 2"]),
        ("…_HEADERS=Authorization=Basic%20dXNlcjpw==", ["Authorization: Basic dXNlcjpw=="]),
        ("…_HEADERS=a=1 …_TRACES_HEADERS=b=2", ["b: 2"]),
        ("…_HEADERS=", []),
        // Credentials for the traces endpoint are not sent to another endpoint.
        (
            "…_TRACES_ENDPOINT=http://t:4317 …_ENDPOINT=http://c:4318 …_TRACES_HEADERS=key=hush …_HEADERS=a=1",
            ["a: 1"]
        ),
        ("…_TRACES_ENDPOINT=http://t:4317 …_ENDPOINT=http://c:4318 …_TRACES_HEADERS=key=hush", []),
    ])
    func headersAreThoseOfTheEndpoint(variables: String, headers: [String]) {
        let endpoint = variables.contains("ENDPOINT") ? "" : "…_ENDPOINT=http://c:4318 "
        guard case .server(let server) = Self.destination(endpoint + variables) else {
            Issue.record("\(Self.destination(endpoint + variables))")
            return
        }
        #expect(server.headers.map { "\($0.name): \($0.value)" } == headers)
    }

    @Test(arguments: [
        ("A=1", 10_000), ("…_TIMEOUT=200", 200), ("…_TIMEOUT=20000", 20_000), ("…_TIMEOUT=0", 60_000),
        ("…_TIMEOUT=3600000", 60_000), ("…_TIMEOUT=soon", 10_000), ("…_TIMEOUT=900 …_TRACES_TIMEOUT=50", 50),
        ("…_TIMEOUT=200 …_TRACES_TIMEOUT=soon", 200), ("…_TIMEOUT=-1", 10_000),
    ])
    func theTimeLimitIsTheUsers_andAStepWaitsForASecondAtMost(variables: String, milliseconds: Int) {
        guard case .server(let server) = Self.destination("…_ENDPOINT=http://c:4318 " + variables) else {
            Issue.record("there is no server")
            return
        }
        #expect(server.timeout == .milliseconds(milliseconds))
        #expect(server.waitLimit == .milliseconds(min(milliseconds, 1000)))
    }

    @Test(arguments: [
        ([:], []),
        (["OTEL_SDK_DISABLED": "FALSE", "OTEL_EXPORTER_OTLP_TIMEOUT": "0", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"], []),
        (["OTEL_SDK_DISABLED": "1"], ["OTEL_SDK_DISABLED"]),
        (["OTEL_EXPORTER_OTLP_TIMEOUT": "1s"], ["OTEL_EXPORTER_OTLP_TIMEOUT"]),
        (["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "-1"], ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"]),
        (["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "secret"], ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]),
        (["OTEL_RESOURCE_ATTRIBUTES": "secret"], ["OTEL_RESOURCE_ATTRIBUTES"]),
    ])
    func valuesThatCannotBeUsedAreNamed(environment: [String: String], names: [String]) {
        let notices = IgnoredVariables.notices(environment)
        #expect(notices.map { $0.split(separator: " ")[3] } == names.map { Substring($0) })
        #expect(!notices.joined().contains("secret"))
    }

    @Test func theCertificateIsTheOneForTraces() {
        guard
            case .server(let server) = Self.destination(
                "…_ENDPOINT=https://c …_CERTIFICATE=/a.pem …_TRACES_CERTIFICATE=/b.pem"
            )
        else {
            Issue.record("there is no server")
            return
        }
        #expect(server.certificate == "/b.pem")
    }
}
