import Buildkite
import Host
import Processes
import Statistics
import Store
import SystemPackage

/// Posts a job's lookups on the build's page, by the agent that runs the job. What other jobs have posted, on whichever
/// host, stays: the agent keeps an annotation for each job, or adds to the one of the build.
struct BuildAnnotation {
    private let surroundings: Surroundings
    private let job: JobVariables

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        job = JobVariables(environment: surroundings.environment)
    }

    /// A build that ran longer than that is not worth reading all its pipeline's history.
    private static let longestBuild: Int64 = 30 * 86_400_000

    /// Posts the lookup that has just ended, with the job's earlier ones where they are shown together.
    ///
    /// - Parameters:
    ///   - event: the lookup
    ///   - index: that may know the others; nil if there is none
    func post(_ event: Event, knownTo index: Index?) async throws {
        guard job.pipeline != nil, job.build != nil else { throw AnnotationError.notInBuildkite }
        let agent = try agent()
        let place = await AnnotationPlace(agentVersion: agent.version())
        switch place {
        case .job:
            // What cannot be read has been told of, and the lookup at hand is known without.
            let known = try index.map(ofJob) ?? []
            try await post(known.isEmpty ? [event] : known, at: place, by: agent)
        case .appended:
            // The earlier ones are there.
            try await post([event], at: place, by: agent)
        }
    }

    /// Posts what the index knows of this job, or if that is nothing, of its build.
    func post(_ index: Index) async throws {
        guard let pipeline = job.pipeline, let build = job.build else { throw AnnotationError.notInBuildkite }
        let ofJob = try ofJob(index)
        let events = ofJob.isEmpty ? try ofBuild(index) : ofJob
        guard !events.isEmpty else {
            throw AnnotationError.noLookup(pipeline: pipeline, build: build, index: index.path.string)
        }
        let agent = try agent()
        try await post(events, at: AnnotationPlace(agentVersion: agent.version()), by: agent)
    }

    private func ofBuild(_ index: Index) throws -> [Event] {
        guard let pipeline = job.pipeline, let build = job.build else { return [] }
        do {
            return try index.events.ofBuild(build, pipeline: pipeline, since: surroundings.now() - Self.longestBuild)
        } catch {
            throw index.failure(error)
        }
    }

    private func ofJob(_ index: Index) throws -> [Event] {
        guard let name = job.job else { return [] }
        return try ofBuild(index).filter { $0.job == name }
    }

    private func agent() throws -> BuildkiteAgent {
        do throws(BuildkiteAgentError) {
            return try BuildkiteAgent(surroundings)
        } catch {
            throw AnnotationError.agent(error)
        }
    }

    private func post(_ events: [Event], at place: AnnotationPlace, by agent: BuildkiteAgent) async throws {
        guard let summary = BuildSummary(events) else { return }
        do {
            _ = try await agent.run(place.arguments(summary.style), input: place.text(summary.text))
        } catch let error as BuildkiteAgentError {
            throw AnnotationError.agent(error)
        }
    }
}

/// Where a job's lookups are shown.
enum AnnotationPlace: Equatable {
    /// With the job, in an annotation of its own: a later one of the same job takes the place of the earlier.
    case job
    /// At the end of the build's annotation, which the agent adds to. Nothing is read first, so that nothing is lost
    /// where two jobs do so at the same moment.
    case appended

    /// What the annotation is called, within the job or the build.
    static let context = "docker-cache"

    /// The first version whose agent knows annotations of jobs.
    static let firstWithJobs = AgentVersion(major: 3, minor: 112)

    /// - Parameter version: nil where the agent does not say
    init(agentVersion version: AgentVersion?) {
        self = version.map { $0 >= Self.firstWithJobs } == true ? .job : .appended
    }

    /// The agent's arguments. Of a build's annotation, one job's success says nothing: only trouble changes its style.
    func arguments(_ style: BuildSummary.Style) -> [String] {
        let styled = ["annotate", "--context", Self.context, "--style", style.rawValue]
        switch self {
        case .job:
            return styled + ["--scope", "job"]
        case .appended:
            let isTrouble = style == .warning || style == .error
            return (isTrouble ? styled : Array(styled.prefix(3))) + ["--append"]
        }
    }

    /// An empty line ends the table that may stand there.
    func text(_ text: String) -> String { self == .appended ? "\n\(text)" : text }
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
