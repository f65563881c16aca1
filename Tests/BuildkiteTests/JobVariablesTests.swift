import Buildkite
import Testing

@Suite struct JobVariablesTests {
    @Test func theJobIsReadFromTheAgentsVariables() {
        let job = JobVariables(environment: [
            "BUILDKITE_PIPELINE_SLUG": "app", "BUILDKITE_BRANCH": "main", "BUILDKITE_BUILD_NUMBER": "7",
            "BUILDKITE_JOB_ID": "0190", "BUILDKITE_STEP_KEY": "", "BUILDKITE_LABEL": "Test",
        ])
        #expect(job.pipeline == "app")
        #expect(job.branch == "main")
        #expect(job.build == "7")
        #expect(job.job == "0190")
        #expect(job.step == "Test")
    }

    @Test func outsideBuildkiteNothingIsKnown() {
        #expect(JobVariables(environment: ["PATH": "/bin"]).pipeline == nil)
    }
}
