import Buildkite
import FoundationEssentials
import Logging
import SystemPackage

/// What a command is given of the world around it. Nothing below the edge reads the environment, the clock or the
/// home directory by itself.
struct Surroundings {
    let environment: [String: String]
    /// The user's home directory, if there is one.
    let home: FilePath?
    /// The absolute path of the directory that relative paths start from.
    let workingDirectory: FilePath
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64
    /// The log that people read.
    let output: LogOutput
    /// Warnings and errors, and with `verbose` the commands.
    let log: Logger

    /// The world as this process finds it.
    ///
    /// - Parameter result: how the command prints its result. With JSON on standard output the log goes to standard
    ///   error.
    static func current(format: OutputFormat, verbose: Bool) -> Surroundings {
        let environment = ProcessInfo.processInfo.environment
        return Surroundings(
            environment: environment,
            home: environment["HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) },
            workingDirectory: FilePath(FileManager.default.currentDirectoryPath),
            now: { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) },
            output: LogOutput(
                to: format == .json ? .standardError : .standardOutput,
                isInBuildkite: environment["BUILDKITE"] == "true"
            ),
            log: Logger(label: "docker-cache") { _ in DiagnosticHandler(logLevel: verbose ? .debug : .notice) }
        )
    }
}
