import Host
import Processes

/// The agent that runs the job, through its command line.
struct BuildkiteAgent {
    /// The agent contacts Buildkite, and retries if there is no response.
    private static let timeLimit = Duration.seconds(5)

    private let command: ExternalCommand

    /// Throws ``BuildkiteAgentError/missing`` if there is no agent on `PATH`.
    init(_ surroundings: Surroundings) throws(BuildkiteAgentError) {
        let found = ExternalCommand("buildkite-agent", environment: surroundings.environment, log: surroundings.log)
        guard let found else { throw .missing }
        command = found
    }

    /// The agent's standard output, without white space at either end.
    ///
    /// Throws ``BuildkiteAgentError`` if the agent fails or takes longer than five seconds.
    func run(_ arguments: [String], input: String = "") async throws -> String {
        let answer = try await command.run(arguments, input: Array(input.utf8), timeLimit: Self.timeLimit)
        let shown = arguments.prefix { !$0.hasPrefix("-") }.prefix(2).joined(separator: " ")
        guard let answer else {
            throw BuildkiteAgentError.timedOut(shown, seconds: Self.timeLimit.components.seconds)
        }
        guard answer.status == 0 else {
            throw BuildkiteAgentError.failed(shown, status: answer.status, message: answer.errorText)
        }
        return answer.text
    }

    /// Nil if the agent does not report it.
    func version() async -> AgentVersion? {
        // An agent without a known version is treated as an old one.
        (try? await run(["--version"])).flatMap(AgentVersion.init)
    }
}

/// The version of an agent, as far as it decides which features the agent has.
struct AgentVersion: Equatable, Comparable {
    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Parses the output of `buildkite-agent --version`: `buildkite-agent version 3.112.0, build 8123`, or `…
    /// 3.137.0+10723.abc`.
    init?(_ text: String) {
        guard let start = text.firstRange(of: " version ") else { return nil }
        let numbers = text[start.upperBound...].split(separator: ".", maxSplits: 2).prefix(2).map { Int($0) }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major: major, minor: minor)
    }

    static func < (left: AgentVersion, right: AgentVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// Why a command of the agent failed.
enum BuildkiteAgentError: Error, Equatable, CustomStringConvertible {
    case missing
    case timedOut(String, seconds: Int64)
    case failed(String, status: Int32, message: String)

    var description: String {
        switch self {
        case .missing:
            "There is no buildkite-agent on PATH. Run this in a job of Buildkite."
        case .timedOut(let command, let seconds):
            "buildkite-agent \(command) took longer than \(seconds) s and was stopped."
        case .failed(let command, let status, let message):
            "buildkite-agent \(command) failed with status \(status)"
                + (message.isEmpty ? "." : ": \(message.endedAsSentence)")
        }
    }
}
