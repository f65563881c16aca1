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
    /// How long a pull or a push may go on without progress.
    let stallLimit: Duration
    /// How the daemon is asked for images.
    var connection: EngineConnection

    /// Finds `docker` on the `PATH` of `environment`; every command later runs with that environment.
    ///
    /// Throws ``DockerError/clientMissing`` if it is not there.
    ///
    /// - Parameter stallLimit: how long a pull or a push may go on without progress
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

    /// The user's home directory, as docker finds it; nil where nothing says.
    var home: FilePath? { Self.home(environment) }

    private static func home(_ environment: [String: String]) -> FilePath? {
        environment["HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) }
    }

    /// What a command that ran to its end left behind.
    struct Answer {
        /// As a shell has it, see ``TerminationStatus/shellStatus``.
        var status: Int32
        var output: String
        var errorText: String
    }

    /// How long docker may take to say something of itself or of its daemon. One that hangs is a finding too.
    package static let answerLimit = Duration.seconds(10)
    /// How long docker may take for what a lookup cannot do without: a daemon may be slow while others build.
    static let commandLimit = Duration.seconds(120)

    /// Runs docker and collects what it writes. What takes longer than `timeLimit` is ended and is an error.
    ///
    /// `input` goes to standard input: that is how a password travels.
    ///
    /// - Parameter limit: the most that it may write, in bytes; more is an error
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

    /// Does what runs a command. What takes longer than `timeLimit` is ended.
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
                // Whichever is left is cancelled, and a cancelled command is ended.
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
    static func awaitOwnSignal(after status: TerminationStatus) async {
        guard status != .exited(0) else { return }
        // That the task is cancelled is what is waited for, and is found out by the code that goes on.
        try? await Task.sleep(for: .milliseconds(250))
    }

    /// Turns an answer that is a failure into the error it stands for.
    func failure(_ arguments: [String], _ answer: Answer) -> DockerError {
        failure(arguments, status: answer.status, answer.errorText.trimmingWhitespace())
    }

    /// Turns what docker or its daemon said into the error it stands for.
    ///
    /// - Parameter status: docker's; nil where the daemon said it
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

    /// What is asked without docker.
    func announce(_ request: EngineRequest) -> CommandReport {
        CommandReport([request.method, request.target], log: log)
    }

    func subprocessEnvironment(updating changes: [String: String] = [:]) -> Environment {
        .exactly(environment.merging(changes) { _, new in new })
    }

    /// A task that is cancelled lets docker end by itself, which is how it tells the builder to stop.
    static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        return options
    }

    /// The most that is kept of one stream of a command whose output is collected, in bytes.
    static let outputLimit = 4 << 20

    static func display(_ arguments: [String]) -> String {
        ShownCommand.text(["docker"] + arguments)
    }
}
