/// What sends the spans, by `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`
/// (https://opentelemetry.io/docs/specs/otel/resource/sdk/).
///
/// Nothing of the job or the machine is in here: what makes metrics of spans has one set of counters for each resource,
/// and an agent that lives for one job would begin a new one.
package enum ResourceAttributes {
    package static let service = "docker-cache"

    /// The variable with the attributes.
    private static let variable = "OTEL_RESOURCE_ATTRIBUTES"

    /// Says that the variable cannot be read; nil if it can. The specification wants it dropped whole, and reported.
    package static func notice(_ environment: [String: String]) -> String? {
        guard KeyValueList(environment[variable] ?? "") == nil else { return nil }
        return "The value of \(variable) is not used: it is not a list such as name=value,other=value."
    }

    /// - Parameter version: of this program
    package static func read(_ environment: [String: String], version: String) -> [Attribute] {
        let given = KeyValueList(environment[variable] ?? "")?.pairs ?? []
        var values = [("service.name", service), ("service.version", version)]
        for (name, value) in given { values = values.filter { $0.0 != name } + [(name, value)] }
        if let name = environment["OTEL_SERVICE_NAME"], !name.isEmpty {
            values = values.filter { $0.0 != "service.name" } + [("service.name", name)]
        }
        return values.map { Attribute($0.0, .text($0.1)) }
    }
}
