import Telemetry

/// What a span says of its job, under the names that the agent itself gives to its log records, with values as the
/// agent has them (buildkite/agent 3.135, `otlpJobAttributes`).
struct JobAttributes: Equatable {
    /// Names of attributes, and of the variables that have their values.
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

    /// In the order of the table; what is not known is left out.
    let attributes: [Attribute]

    init(environment: [String: String]) {
        attributes = Self.table.compactMap { Attribute($0.name, environment[$0.variable]) }
    }

    /// Those that a span of a stage has too, so that its time can be told apart by them.
    var ofStages: [Attribute] { attributes.filter { $0.name == "buildkite.pipeline.slug" } }
}
