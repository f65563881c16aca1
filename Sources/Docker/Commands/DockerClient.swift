package import Logging
import Processes
import Subprocess
package import SystemPackage

/// The `docker` command of this machine.
///
/// Each method runs one process, or says in its documentation how many. Nothing is asked of docker twice.
package struct DockerClient: Sendable {
    /// The command, as it was found on `PATH`.
    package let executable: FilePath
    let environment: [String: String]
    let log: Logger

    /// Finds `docker` on the `PATH` of `environment`; every command later runs with that environment.
    ///
    /// Throws ``DockerError/clientMissing`` if it is not there.
    package init(environment: [String: String], log: Logger) throws(DockerError) {
        guard let found = FilePath(executable: "docker", on: environment["PATH"] ?? "") else {
            throw .clientMissing
        }
        executable = found
        self.environment = environment
        self.log = log
    }

    /// What a command that ran to its end left behind.
    struct Answer {
        /// As a shell has it, see ``TerminationStatus/shellStatus``.
        var status: Int32
        var output: String
        var errorText: String
    }

    /// Runs docker and collects what it writes.
    ///
    /// `input` goes to standard input: that is how a password travels.
    ///
    /// - Parameter limit: the most that it may write, in bytes; more is an error
    func capture(
        _ arguments: [String],
        input: String = "",
        limit: Int = outputLimit
    ) async throws(DockerError) -> Answer {
        let report = announce(arguments)
        do {
            let result = try await run(
                .path(executable),
                arguments: Arguments(arguments),
                environment: subprocessEnvironment(),
                platformOptions: Self.platformOptions,
                input: .fileDescriptor(try .file(holding: Array(input.utf8)), closeAfterSpawningProcess: true),
                output: .string(limit: limit),
                error: .string(limit: Self.outputLimit)
            )
            report.ended(status: result.terminationStatus.shellStatus)
            return Answer(
                status: result.terminationStatus.shellStatus,
                output: result.standardOutput,
                errorText: result.standardError
            )
        } catch {
            throw .notRun(command: report.text, message: "\(error)")
        }
    }

    /// Runs docker with its standard output passed straight on to `output`; what it writes to standard error is
    /// collected, because that is where it says why it failed.
    func stream(_ arguments: [String], to output: FileDescriptor) async throws(DockerError) -> Answer {
        let report = announce(arguments)
        do {
            let result = try await run(
                .path(executable),
                arguments: Arguments(arguments),
                environment: subprocessEnvironment(),
                platformOptions: Self.platformOptions,
                input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: false),
                error: .string(limit: Self.outputLimit)
            )
            report.ended(status: result.terminationStatus.shellStatus)
            await Self.awaitOwnSignal(after: result.terminationStatus)
            return Answer(
                status: result.terminationStatus.shellStatus,
                output: "",
                errorText: result.standardError
            )
        } catch {
            throw .notRun(command: report.text, message: "\(error)")
        }
    }

    /// Runs docker with both its outputs passed on untouched: standard output to `output`, standard error to ours.
    ///
    /// - Parameter shown: the arguments as people may see them
    func passThrough(
        _ arguments: [String],
        shown: [String],
        input: [UInt8],
        to output: FileDescriptor,
        updating changes: [String: String]
    ) async throws(DockerError) -> Int32 {
        let report = announce(shown)
        do {
            let ended = try await run(
                .path(executable),
                arguments: Arguments(arguments),
                environment: subprocessEnvironment(updating: changes),
                platformOptions: Self.platformOptions,
                input: .fileDescriptor(try .file(holding: input), closeAfterSpawningProcess: true),
                output: .fileDescriptor(output, closeAfterSpawningProcess: false),
                error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
            ).terminationStatus
            report.ended(status: ended.shellStatus)
            await Self.awaitOwnSignal(after: ended)
            return ended.shellStatus
        } catch {
            throw .notRun(command: report.text, message: "\(error)")
        }
    }

    /// A signal that ended docker was most likely sent to us as well, as to all of a job that is cancelled. Which of us
    /// hears it first is chance, and what docker could not do is no trouble with docker if we are to end too. So after
    /// a failure of what takes long we listen for a moment.
    private static func awaitOwnSignal(after status: TerminationStatus) async {
        guard status != .exited(0) else { return }
        // That the task is cancelled is what is waited for, and is found out by whoever goes on.
        try? await Task.sleep(for: .milliseconds(250))
    }

    /// Turns an answer that is a failure into the error it stands for.
    func failure(_ arguments: [String], _ answer: Answer) -> DockerError {
        let message = answer.errorText.trimmingWhitespace()
        if DockerAnswer.isDaemonUnreachable(message) {
            return .daemonUnreachable(host: environment["DOCKER_HOST"], message: message)
        }
        return .failed(
            command: Self.display(arguments),
            status: answer.status,
            message: message,
            advice: DockerAnswer.advice(message)
        )
    }

    private func announce(_ arguments: [String]) -> CommandReport {
        CommandReport(["docker"] + arguments, log: log)
    }

    private func subprocessEnvironment(updating changes: [String: String] = [:]) -> Environment {
        .exactly(environment.merging(changes) { _, new in new })
    }

    /// A task that is cancelled lets docker end by itself, which is how it tells the builder to stop.
    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        return options
    }

    /// The most that is kept of one stream of a command whose output is collected, in bytes.
    static let outputLimit = 4 << 20

    private static func display(_ arguments: [String]) -> String {
        ShownCommand.text(["docker"] + arguments)
    }
}
