import Buildkite
import Host
import Processes
import Statistics
import Store
import SystemPackage

/// Posts the lookups of this build as an annotation, by the agent that runs the job.
struct BuildAnnotation {
    private let surroundings: Surroundings

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
    }

    /// Under one context a build has one annotation: a later job's takes the place of an earlier one's.
    static let context = "docker-cache"

    /// The agent asks Buildkite, and tries again where that does not answer.
    private static let timeLimit = Duration.seconds(5)
    /// A build that ran longer than that is not worth reading all its pipeline's history.
    private static let longestBuild: Int64 = 30 * 86_400_000

    /// - Parameter index: that has the lookups
    func post(_ index: Index) async throws {
        let job = JobVariables(environment: surroundings.environment)
        guard let pipeline = job.pipeline, let build = job.build else { throw AnnotationError.notInBuildkite }
        let agent = ExternalCommand("buildkite-agent", environment: surroundings.environment, log: surroundings.log)
        guard let agent else { throw AnnotationError.agentMissing }
        let since = surroundings.now() - Self.longestBuild
        let events: [Event]
        do {
            events = try index.events.ofBuild(build, pipeline: pipeline, since: since)
        } catch {
            throw index.failure(error)
        }
        guard let summary = BuildSummary(events) else {
            throw AnnotationError.noLookup(pipeline: pipeline, build: build, index: index.path.string)
        }
        let answer = try await agent.run(
            ["annotate", "--style", summary.style.rawValue, "--context", Self.context],
            input: Array(summary.text.utf8),
            timeLimit: Self.timeLimit
        )
        guard let answer else { throw AnnotationError.timedOut(seconds: Self.timeLimit.components.seconds) }
        guard answer.status == 0 else {
            throw AnnotationError.failed(status: answer.status, message: answer.errorText)
        }
    }
}

/// Why there is no annotation.
enum AnnotationError: Error, CustomStringConvertible {
    case notInBuildkite
    case agentMissing
    case noLookup(pipeline: String, build: String, index: String)
    case timedOut(seconds: Int64)
    case failed(status: Int32, message: String)

    var description: String {
        switch self {
        case .notInBuildkite:
            "There is no build to annotate: BUILDKITE_PIPELINE_SLUG and BUILDKITE_BUILD_NUMBER are not set. Run this "
                + "in a job of Buildkite."
        case .agentMissing:
            "The build could not be annotated: there is no buildkite-agent on PATH."
        case .noLookup(let pipeline, let build, let index):
            "The build was not annotated: the index \(index) knows of no lookup of build \(build) of \(pipeline)."
        case .timedOut(let seconds):
            "The build could not be annotated: buildkite-agent annotate took longer than \(seconds) s, and was ended."
        case .failed(let status, let message):
            "The build could not be annotated: buildkite-agent annotate failed with status \(status)"
                + (message.isEmpty ? "." : ": \(message)")
        }
    }
}
