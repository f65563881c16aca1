import Testing

@testable import DockerCache

/// Where a job's lookups are shown, depending on the agent's version.
@Suite struct AnnotationPlaceTests {
    @Test(arguments: [
        ("buildkite-agent version 3.112.0, build 8123", AnnotationPlace.job),
        ("buildkite-agent version 3.112.0+8123.abc", .job), ("buildkite-agent version 3.137.0+10723.abc", .job),
        ("buildkite-agent version 4.0.0-beta.15+x", .job), ("buildkite-agent version 3.111.9, build 1", .appended),
        ("buildkite-agent version 3.20.0, build 3291", .appended), ("buildkite-agent version 2.6.10", .appended),
        ("buildkite-agent", .appended), ("version", .appended), ("", .appended), ("x version y.z", .appended),
    ])
    func anAgentKeepsAnAnnotationForEachJobFromVersion3112On(text: String, place: AnnotationPlace) {
        #expect(AnnotationPlace(agentVersion: AgentVersion(text)) == place)
    }

    @Test func anAgentThatDoesNotSayItsVersionIsAnOldOne() {
        #expect(AnnotationPlace(agentVersion: nil) == .appended)
    }
}
