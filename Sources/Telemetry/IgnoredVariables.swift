/// Variables of OpenTelemetry whose values cannot be used. By the specification, such a value is reported and treated
/// as not set (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
package enum IgnoredVariables {
    /// A notice for each such variable. The values are left out, because some may contain secrets.
    package static func notices(_ environment: [String: String]) -> [String] {
        checks.compactMap { check in
            guard let value = environment[check.name], !value.isEmpty, !check.isUsable(value) else { return nil }
            return "The value of \(check.name) is not used: expected \(check.expected)."
        }
    }

    private struct Check: Sendable {
        let name: String
        let expected: String
        let isUsable: @Sendable (String) -> Bool
    }

    private static let checks: [Check] =
        ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"].flatMap { prefix in
            [
                Check(
                    name: prefix + "TIMEOUT",
                    expected: "a number of milliseconds",
                    isUsable: { ExporterVariables.milliseconds($0) != nil }
                ),
                Check(
                    name: prefix + "PROTOCOL",
                    expected: "http/protobuf or grpc",
                    isUsable: { ExporterVariables.WireProtocol($0) != nil }
                ),
            ]
        } + [
            Check(
                name: "OTEL_SDK_DISABLED",
                expected: "true or false",
                isUsable: { ["true", "false"].contains($0.lowercased()) }
            ),
            Check(
                name: ResourceAttributes.variable,
                expected: "a list such as name=value,other=value",
                isUsable: { KeyValueList($0) != nil }
            ),
        ]
}
