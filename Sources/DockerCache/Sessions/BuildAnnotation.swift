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

    /// A build that ran longer than that is not worth reading all its pipeline's history.
    private static let longestBuild: Int64 = 30 * 86_400_000

    /// - Parameter index: that has the lookups
    func post(_ index: Index) async throws {
        let job = JobVariables(environment: surroundings.environment)
        guard let pipeline = job.pipeline, let build = job.build else { throw AnnotationError.notInBuildkite }
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
        do {
            _ = try await BuildkiteAgent(surroundings).run(
                ["annotate", "--style", summary.style.rawValue, "--context", Self.context],
                input: summary.text
            )
        } catch let error as BuildkiteAgentError {
            throw AnnotationError.agent(error)
        }
    }
}

/// Why there is no annotation.
enum AnnotationError: Error, CustomStringConvertible {
    case notInBuildkite
    case noLookup(pipeline: String, build: String, index: String)
    case agent(BuildkiteAgentError)

    var description: String {
        switch self {
        case .notInBuildkite:
            "There is no build to annotate: BUILDKITE_PIPELINE_SLUG and BUILDKITE_BUILD_NUMBER are not set. Run this "
                + "in a job of Buildkite."
        case .noLookup(let pipeline, let build, let index):
            "The build was not annotated: the index \(index) knows of no lookup of build \(build) of \(pipeline)."
        case .agent(let error):
            "The build could not be annotated. \(error)"
        }
    }
}
