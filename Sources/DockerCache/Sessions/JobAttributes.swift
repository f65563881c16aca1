import Telemetry

/// The attributes of a span that describe its job. Names and values are those of the agent's own log records
/// (buildkite/agent 3.135, `otlpJobAttributes`).
struct JobAttributes: Equatable {
    /// Names of attributes, and of the variables with their values.
    static let table: [(name: String, variable: String)] = [
        ("buildkite.organization.slug", "BUILDKITE_ORGANIZATION_SLUG"),
        ("buildkite.pipeline.slug", "BUILDKITE_PIPELINE_SLUG"),
        ("buildkite.branch", "BUILDKITE_BRANCH"),
        ("buildkite.queue", "BUILDKITE_AGENT_META_DATA_QUEUE"),
        ("buildkite.agent", "BUILDKITE_AGENT_NAME"),
        ("buildkite.agent.id", "BUILDKITE_AGENT_ID"),
        ("buildkite.build.id", "BUILDKITE_BUILD_ID"),
        ("buildkite.build.number", "BUILDKITE_BUILD_NUMBER"),
        ("buildkite.job.id", "BUILDKITE_JOB_ID"),
        ("buildkite.job.label", "BUILDKITE_LABEL"),
        ("buildkite.job.key", "BUILDKITE_STEP_KEY"),
    ]

    /// The attributes in the order of the table, without unknown ones.
    let attributes: [Attribute]

    init(environment: [String: String]) {
        attributes = Self.table.compactMap { Attribute($0.name, environment[$0.variable]) }
    }

    /// The attributes of a stage's span, by which its time can be broken down.
    var ofStages: [Attribute] { attributes.filter { $0.name == "buildkite.pipeline.slug" } }
}
