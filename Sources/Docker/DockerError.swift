import Options
import Processes

/// What can go wrong between us and the `docker` command.
package enum DockerError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    /// There is no `docker` on `PATH`.
    case clientMissing
    /// `docker` ran, but the daemon it is meant to talk to did not answer. Carries what docker said.
    case daemonUnreachable(host: String?, message: String)
    /// The process could not be started or watched.
    case notRun(command: String, message: String)
    /// `docker` did not end within its time, and was ended.
    case timedOut(command: String, seconds: Int)
    /// A pull or a push got no further, and was stopped.
    case stalled(command: String, seconds: Int)
    /// A pull or a push took longer than it may, and was stopped.
    case tookTooLong(command: String, seconds: Int)
    /// `docker` answered with a failure. Carries its exit status, what it said, and what to do if that can be told. The
    /// status is nil where it was the daemon itself that answered.
    case failed(command: String, status: Int32?, message: String, advice: String?)
    /// `docker` answered with something that could not be understood.
    case unexpectedAnswer(command: String, message: String)
    /// What is asked for needs BuildKit, and this docker has none.
    case needsBuildKit(what: String)
    /// What is asked for needs BuildKit, and the plugin for it does not work.
    case brokenBuildx(BrokenBuildx)
    /// A link for the build could not be made.
    case noTemporaryDirectory(reasons: [String])

    /// Whether a registry did not accept the login that docker has.
    package var isUnauthorized: Bool {
        guard case .failed(_, _, let message, _) = self else { return false }
        return DockerAnswer.isUnauthorized(message)
    }

    /// Whether a push failed in a way that a missing repository may be the reason for.
    package var mayBeMissingRepository: Bool {
        guard case .failed(_, _, let message, _) = self else { return false }
        return DockerAnswer.mayBeMissingRepository(message)
    }

    package var exitStatus: Int32 {
        switch self {
        case .needsBuildKit, .brokenBuildx: ExitStatus.usage
        default: ExitStatus.failed
        }
    }

    package var description: String {
        switch self {
        case .clientMissing:
            "There is no docker command on PATH. Install the docker client on this agent, or add its directory to PATH."
        case .daemonUnreachable(let host, let message):
            "The Docker daemon\(host.map { " at \($0)" } ?? "") does not answer: \(message.endedAsSentence) "
                + "Start the daemon, check DOCKER_HOST, or let this user use its socket; "
                + "`docker version` shows both sides."
        case .notRun(let command, let message):
            "`\(command)` could not be run: \(message.endedAsSentence)"
        case .timedOut(let command, let seconds):
            "`\(command)` did not end within \(seconds) seconds. See whether the daemon hangs, or its machine is "
                + "overloaded\(command.hasPrefix("docker login") ? ", or the registry is" : "")."
        case .stalled(let command, let seconds):
            "`\(command)` made no progress for \(seconds) seconds and was stopped. See how fast this agent reaches the "
                + "registry; the option stall-timeout-seconds says how long it may make none."
        case .tookTooLong(let command, let seconds):
            "`\(command)` did not end within \(seconds) seconds and was stopped. See how fast this agent reaches the "
                + "registry. \(Self.longer(command))"
        case .failed(let command, let status, let message, let advice):
            "`\(command)` failed\(status.map { " with status \($0)" } ?? "")"
                + "\(message.isEmpty ? "." : ": \(message.endedAsSentence)")" + (advice.map { " \($0)" } ?? "")
        case .unexpectedAnswer(let command, let message):
            "`\(command)` gave an answer that could not be read: \(message.endedAsSentence)"
        case .noTemporaryDirectory(let reasons):
            "There is no room for temporary files (\(reasons.joined(separator: "; "))). Make room in one of these "
                + "directories, or name another with TMPDIR."
        case .brokenBuildx(let plugin):
            "DOCKER_BUILDKIT is set and the buildx plugin does not work: \(plugin). \(BrokenBuildx.advice)"
        case .needsBuildKit(let what):
            "\(what) needs BuildKit, which this docker does not have. Install the docker-buildx plugin "
                + "(client 23 and later), or do without; with an older client, see that DOCKER_BUILDKIT is not 0."
        }
    }
    /// How a pull or a push gets more time.
    private static func longer(_ command: String) -> String {
        command.hasPrefix("docker push")
            ? "The option push-timeout-seconds lets it take longer."
            : "The option stall-timeout-seconds lets it take longer."
    }
}
