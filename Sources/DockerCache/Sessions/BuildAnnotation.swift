import Buildkite
import Host
import Logging
import Processes
import Statistics
import Store
import SystemPackage

/// Posts a job's lookups on the build's page, through the agent that runs the job. Annotations of other jobs, on any
/// host, stay: the agent keeps one for each job, or appends to the build's.
struct BuildAnnotation {
    private let surroundings: Surroundings
    private let job: JobVariables

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        job = JobVariables(environment: surroundings.environment)
    }

    /// The longest build, in milliseconds, for which the pipeline's history is worth reading.
    private static let longestBuild: Int64 = 30 * 86_400_000

    /// Posts the lookup that has just ended, with the job's earlier ones if they are shown together.
    ///
    /// - Parameters:
    ///   - event: the lookup
    ///   - index: may know the earlier lookups; nil if there is none
    func post(_ event: Event, knownTo index: Index?) async throws {
        guard job.pipeline != nil, job.build != nil else { throw AnnotationError.notInBuildkite }
        let agent = try agent()
        let place = await AnnotationPlace(agentVersion: agent.version())
        switch place {
        case .job:
            let earlier = earlier(than: event, index)
            // Without a readable index, only the annotation has the job's earlier lookups.
            try await post((earlier ?? []) + [event], at: place, isAddition: earlier == nil, by: agent)
        case .appended:
            // The earlier ones are already there.
            try await post([event], at: place, by: agent)
        }
    }

    /// The job's earlier lookups; nil if they are not all known, because no index can be read and written.
    private func earlier(than event: Event, _ index: Index?) -> [Event]? {
        guard let index else { return nil }
        do {
            let known = try ofJob(index)
            let isThis = { (other: Event) in (other.at, other.image, other.key) == (event.at, event.image, event.key) }
            // An index that cannot be written does not know this one, nor those before it.
            guard known.contains(where: isThis) else { return nil }
            return known.filter { !isThis($0) }
        } catch {
            surroundings.log.warning("\(error)")
            return nil
        }
    }

    /// Posts the lookups of this job in the index, or, if there are none, those of its build.
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

    /// - Parameter isAddition: whether to keep the annotation's existing content where it would be replaced
    private func post(
        _ events: [Event],
        at place: AnnotationPlace,
        isAddition: Bool = false,
        by agent: BuildkiteAgent
    ) async throws {
        guard let summary = BuildSummary(events) else { return }
        do {
            _ = try await agent.run(
                place.arguments(summary.style, isAddition: isAddition),
                input: place.text(summary.text, isAddition: isAddition)
            )
        } catch let error as BuildkiteAgentError {
            throw AnnotationError.agent(error)
        }
    }
}

/// Where a job's lookups are shown.
enum AnnotationPlace: Equatable {
    /// With the job, in its own annotation. A later annotation of the same job replaces the earlier one.
    case job
    /// At the end of the build's annotation, to which the agent appends. Nothing is read first, so nothing is lost if
    /// two jobs do so at the same moment.
    case appended

    /// The name of the annotation within the job or the build.
    static let context = "docker-cache"

    /// The first version of the agent that supports annotations of jobs.
    static let firstWithJobs = AgentVersion(major: 3, minor: 112)

    /// - Parameter version: nil if the agent does not report it
    init(agentVersion version: AgentVersion?) {
        self = version.map { $0 >= Self.firstWithJobs } == true ? .job : .appended
    }

    /// The agent's arguments. The success of one job does not decide the style of a build's annotation, only trouble
    /// does.
    func arguments(_ style: BuildSummary.Style, isAddition: Bool = false) -> [String] {
        let styled = ["annotate", "--context", Self.context, "--style", style.rawValue]
        switch self {
        case .job:
            return styled + ["--scope", "job"] + (isAddition ? ["--append"] : [])
        case .appended:
            let isTrouble = style == .warning || style == .error
            return (isTrouble ? styled : Array(styled.prefix(3))) + ["--append"]
        }
    }

    /// An empty line ends a table that is already there.
    func text(_ text: String, isAddition: Bool = false) -> String {
        self == .appended || isAddition ? "\n\(text)" : text
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
            "The build was not annotated: the index \(index) has no lookup of build \(build) of \(pipeline)."
        case .agent(let error):
            "The build could not be annotated. \(error)"
        }
    }
}
