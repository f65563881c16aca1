/// The attributes of the program that sends spans, from `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`
/// (https://opentelemetry.io/docs/specs/otel/resource/sdk/).
///
/// They contain nothing about the job or the machine. Metrics from spans have one set of counters per resource, and an
/// agent that lives for one job would start a new set.
package enum ResourceAttributes {
    package static let service = "docker-cache"

    /// The variable with the attributes. If it cannot be parsed, all of it is dropped.
    static let variable = "OTEL_RESOURCE_ATTRIBUTES"

    /// The attributes from the variables, with defaults for the service.
    ///
    /// - Parameter version: the version of this program
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
