import Options
import Processes

/// A failure of the `docker` command or its daemon.
package enum DockerError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
    /// There is no `docker` on `PATH`.
    case clientMissing
    /// `docker` ran, but its daemon did not answer. Carries docker's message.
    case daemonUnreachable(host: String?, message: String)
    /// The process could not be started or watched.
    case notRun(command: String, message: String)
    /// `docker` exceeded its time limit and was ended.
    case timedOut(command: String, seconds: Int)
    /// A pull or a push made no progress and was stopped.
    case stalled(command: String, seconds: Int)
    /// A pull or a push exceeded its time limit and was stopped.
    case tookTooLong(command: String, seconds: Int)
    /// `docker` failed. Carries its exit status, its message, and advice if there is any. The status is nil if the
    /// daemon itself answered.
    case failed(command: String, status: Int32?, message: String, advice: String?)
    /// The answer of `docker` could not be parsed.
    case unexpectedAnswer(command: String, message: String)
    /// The request needs BuildKit, which this docker does not have.
    case needsBuildKit(what: String)
    /// The request needs BuildKit, but its plugin does not work.
    case brokenBuildx(BrokenBuildx)
    /// The context link of a build could not be created.
    case noTemporaryDirectory(reasons: [String])

    /// Whether a registry rejected docker's login.
    package var isUnauthorized: Bool {
        guard case .failed(_, _, let message, _) = self else { return false }
        return DockerAnswer.isUnauthorized(message)
    }

    /// Whether a missing repository may be the reason for a failed push.
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
    /// How to give a pull or a push more time.
    private static func longer(_ command: String) -> String {
        command.hasPrefix("docker push")
            ? "The option push-timeout-seconds lets it take longer."
            : "The option stall-timeout-seconds lets it take longer."
    }
}
