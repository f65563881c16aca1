import CLibrary
package import Logging
package import Subprocess
package import SystemPackage

/// A program on this machine that answers a query: `aws`, `gcloud`, a credential helper.
///
/// It runs in its own session, so that all of it can be ended: many are scripts around another program.
package struct ExternalCommand: Sendable {
    /// The name as typed in a shell.
    package let name: String
    private let executable: FilePath
    private let environment: [String: String]
    private let log: Logger

    /// The result of a command that ran to its end.
    package struct Answer: Equatable, Sendable {
        /// The exit status, or 128 plus the number of the signal that ended the process.
        package var status: Int32
        package var output: [UInt8]
        package var errorOutput: [UInt8]

        /// Standard output as a string, without white space at either end.
        package var text: String { String(decoding: output, as: UTF8.self).trimmingWhitespace() }
        /// Standard error as a string, without white space at either end.
        package var errorText: String { String(decoding: errorOutput, as: UTF8.self).trimmingWhitespace() }
    }

    /// Nil if no directory of `PATH` in `environment` has the program. It runs with that environment.
    package init?(_ name: String, environment: [String: String], log: Logger) {
        guard let executable = FilePath(executable: name, on: environment["PATH"] ?? "") else { return nil }
        self.name = name
        self.executable = executable
        self.environment = environment
        self.log = log
    }

    /// Runs the program and collects its output. Nil if it exceeded the time limit and was ended.
    ///
    /// - Parameters:
    ///   - arguments: shown in the log; a secret goes to `input`
    ///   - input: the content of standard input
    package func run(
        _ arguments: [String],
        input: [UInt8] = [],
        timeLimit: Duration,
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws -> Answer? {
        let report = CommandReport([name] + arguments, log: log)
        let answer = try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await capture(arguments, input: input) }
            group.addTask {
                try await clock.sleep(for: timeLimit)
                return nil
            }
            // The remaining task is cancelled, and a cancelled command is ended.
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let answer { report.ended(status: answer.status) }
        return answer
    }

    private func capture(_ arguments: [String], input: [UInt8]) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(executable),
            arguments: Arguments(arguments),
            environment: .exactly(environment),
            platformOptions: Self.platformOptions,
            input: .fileDescriptor(
                try .file(holding: input, environment: environment),
                closeAfterSpawningProcess: true
            ),
            output: .bytes(limit: Self.outputLimit),
            error: .bytes(limit: Self.outputLimit)
        )
        return Answer(
            status: result.terminationStatus.shellStatus,
            output: result.standardOutput,
            errorOutput: result.standardError
        )
    }

    private static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        return options
    }

    /// The maximum size of each output stream, in bytes.
    private static let outputLimit = 1 << 20
}

extension Environment {
    /// Exactly these variables.
    package static func exactly(_ variables: [String: String]) -> Environment {
        .custom(variables.map { Array("\($0.key)=\($0.value)\0".utf8) })
    }
}

extension TerminationStatus {
    /// The exit status, or 128 plus the number of the signal that ended the process, as in a shell.
    package var shellStatus: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

extension FilePath {
    /// The first executable file called `name` in the directories of `path`, a value of the variable `PATH`. An empty
    /// directory means the current one. Nil if there is none.
    package init?(executable name: String, on path: String) {
        for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = FilePath(directory.isEmpty ? "." : String(directory)).appending(name)
            // A directory can also be "executable".
            if (try? candidate.stat())?.type == .regular, access(candidate.string, X_OK) == 0 {
                self = candidate
                return
            }
        }
        return nil
    }
}
