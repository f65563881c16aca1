/// What the job is that a lookup belongs to, as the agent's variables say. All nil outside Buildkite.
package struct JobVariables: Equatable, Sendable {
    package var pipeline: String?
    package var branch: String?
    package var build: String?
    package var job: String?
    package var step: String?

    /// Reads the variables of the job from `environment`; empty ones count as not set.
    package init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment["BUILDKITE_\(name)"].flatMap { $0.isEmpty ? nil : $0 }
        }
        pipeline = value("PIPELINE_SLUG")
        branch = value("BRANCH")
        build = value("BUILD_NUMBER")
        job = value("JOB_ID")
        step = value("STEP_KEY") ?? value("LABEL")
    }
}
