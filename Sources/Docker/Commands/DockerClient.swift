package import Logging
import Processes
import Subprocess
package import SystemPackage

/// The `docker` command of this machine.
///
/// Each method runs one process unless its documentation gives another number. No information is requested twice.
package struct DockerClient: Sendable {
    /// The path of the command, as found on `PATH`.
    package let executable: FilePath
    let environment: [String: String]
    let log: Logger
    /// How long a pull or a push may run without progress.
    let stallLimit: Duration
    /// How requests about images reach the daemon.
    var connection: EngineConnection

    /// Finds `docker` on the `PATH` of `environment`. Every command runs with that environment.
    ///
    /// Throws ``DockerError/clientMissing`` if it is not there.
    ///
    /// - Parameter stallLimit: how long a pull or a push may run without progress
    package init(
        environment: [String: String],
        stallLimit: Duration = .seconds(120),
        log: Logger
    ) throws(DockerError) {
        guard let found = FilePath(executable: "docker", on: environment["PATH"] ?? "") else {
            throw .clientMissing
        }
        executable = found
        self.environment = environment
        self.stallLimit = stallLimit
        self.log = log
        connection = EngineConnection(docker: found, environment: environment, home: Self.home(environment))
    }

    /// The user's home directory, as docker determines it. Nil if it is unknown.
    var home: FilePath? { Self.home(environment) }

    private static func home(_ environment: [String: String]) -> FilePath? {
        environment["HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) }
    }

    /// The result of a command that ran to its end.
    struct Answer {
        /// The exit status as a shell reports it, see ``TerminationStatus/shellStatus``.
        var status: Int32
        var output: String
        var errorText: String
    }

    /// The time limit for queries about docker or its daemon. A hang is a finding too.
    package static let answerLimit = Duration.seconds(10)
    /// The time limit for commands that a lookup needs. A daemon may be slow while other builds run.
    static let commandLimit = Duration.seconds(120)

    /// Runs docker and collects its output. Ends the command and throws if it takes longer than `timeLimit`.
    ///
    /// `input` goes to standard input, which is how a password is passed.
    ///
    /// - Parameter limit: the maximum output in bytes; more is an error
    func capture(
        _ arguments: [String],
        input: String = "",
        timeLimit: Duration = commandLimit,
        limit: Int = outputLimit
    ) async throws(DockerError) -> Answer {
        let late = DockerError.timedOut(
            command: Self.display(Array(arguments.prefix { $0 != "--format" })),
            seconds: Int(timeLimit.components.seconds)
        )
        return try await within(timeLimit, orThrow: late) { () throws(DockerError) in
            try await collect(arguments, input: input, limit: limit)
        }
    }

    /// Runs `body`. Cancels it and throws `late` if it takes longer than `timeLimit`.
    func within<Result: Sendable>(
        _ timeLimit: Duration,
        orThrow late: DockerError,
        _ body: @escaping @Sendable () async throws(DockerError) -> Result
    ) async throws(DockerError) -> Result {
        do {
            return try await withThrowingTaskGroup(of: Result.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    try await Task.sleep(for: timeLimit)
                    throw late
                }
                // Cancels the remaining task. A cancelled command is ended.
                defer { group.cancelAll() }
                guard let result = try await group.next() else { throw CancellationError() }
                return result
            }
        } catch {
            throw error as? DockerError ?? .notRun(command: "docker", message: "\(error)")
        }
    }

    private func collect(_ arguments: [String], input: String, limit: Int) async throws(DockerError) -> Answer {
        let report = announce(arguments)
        do {
            let result = try await run(
                .path(executable),
                arguments: Arguments(arguments),
                environment: subprocessEnvironment(),
                platformOptions: Self.platformOptions,
                input: .fileDescriptor(
                    try .file(holding: Array(input.utf8), environment: environment),
                    closeAfterSpawningProcess: true
                ),
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

    /// Runs docker with its standard output passed directly to `output`. Standard error is collected, because it
    /// contains the reason for a failure.
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

    /// Runs docker with both outputs passed on unchanged: standard output to `output`, standard error to ours.
    ///
    /// - Parameter shown: the arguments in a form that is safe to display
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
                input: .fileDescriptor(
                    try .file(holding: input, environment: environment),
                    closeAfterSpawningProcess: true
                ),
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

    /// Waits a moment after a failed long-running command. A signal that ended docker was probably sent to this process
    /// too, as to all processes of a cancelled job, and which of them receives it first is random. If this process is
    /// to end too, the failure is not docker's.
    static func awaitOwnSignal(after status: TerminationStatus) async {
        guard status != .exited(0) else { return }
        // Cancellation of the task ends the wait early. The code that follows detects it.
        try? await Task.sleep(for: .milliseconds(250))
    }

    /// The error for an answer that is a failure.
    func failure(_ arguments: [String], _ answer: Answer) -> DockerError {
        failure(arguments, status: answer.status, answer.errorText.trimmingWhitespace())
    }

    /// The error for a message of docker or its daemon.
    ///
    /// - Parameter status: docker's exit status; nil if the message is the daemon's
    func failure(_ arguments: [String], status: Int32?, _ message: String) -> DockerError {
        if DockerAnswer.isDaemonUnreachable(message) {
            return .daemonUnreachable(host: environment["DOCKER_HOST"], message: message)
        }
        return .failed(
            command: Self.display(arguments),
            status: status,
            message: message,
            advice: DockerAnswer.advice(message)
        )
    }

    func announce(_ arguments: [String]) -> CommandReport {
        CommandReport(["docker"] + arguments, log: log)
    }

    /// Announces a request that is sent without docker.
    func announce(_ request: EngineRequest) -> CommandReport {
        CommandReport([request.method, request.target], log: log)
    }

    func subprocessEnvironment(updating changes: [String: String] = [:]) -> Environment {
        .exactly(environment.merging(changes) { _, new in new })
    }

    /// Lets docker end by itself when its task is cancelled. This is how docker tells the builder to stop.
    static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        return options
    }

    /// The maximum collected output of one stream, in bytes.
    static let outputLimit = 4 << 20

    static func display(_ arguments: [String]) -> String {
        ShownCommand.text(["docker"] + arguments)
    }
}
