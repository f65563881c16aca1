package import Buildkite
import CLibrary
import Formatting
import FoundationEssentials
package import Logging
package import SystemPackage

/// What a command is given of the world around it. Nothing below the edge reads the environment, the clock or the
/// home directory by itself.
package struct Surroundings {
    package let environment: [String: String]
    /// The user's home directory, if there is one.
    package let home: FilePath?
    /// The absolute path of the directory that relative paths start from.
    package let workingDirectory: FilePath
    /// Milliseconds since 1970.
    package let now: @Sendable () -> Int64
    /// The log that people read.
    package let output: LogOutput
    /// Warnings and errors, and with `verbose` the commands.
    package let log: Logger

    /// The world as this process finds it.
    ///
    /// - Parameters:
    ///   - output: where the log goes that people read
    ///   - verbose: whether commands are shown as they are run
    package static func current(logTo output: FileDescriptor, verbose: Bool) -> Surroundings {
        let environment = ProcessInfo.processInfo.environment
        return Surroundings(
            environment: environment,
            home: environment["HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) },
            workingDirectory: FilePath(FileManager.default.currentDirectoryPath),
            now: { Timestamp.now },
            output: LogOutput(to: output, isInBuildkite: environment["BUILDKITE"] == "true"),
            log: Logger(label: "docker-cache") { _ in DiagnosticHandler(logLevel: verbose ? .debug : .notice) }
        )
    }

    /// The file that this process runs, its links followed; nil where that cannot be told.
    package static var executable: FilePath? {
        let name: FilePath = "/proc/self/exe"
        guard let resolved = name.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }

    /// The same, with a builder that writes lines: the agent gives hooks a pseudo-terminal, on which buildx would draw
    /// its progress again and again (405 kB for a build of 20 s; 4 kB as lines). What the user has set stays.
    package var inLogOfJob: Surroundings {
        Surroundings(
            environment: ["BUILDKIT_PROGRESS": "plain"].merging(environment) { $1.isEmpty ? $0 : $1 },
            home: home,
            workingDirectory: workingDirectory,
            now: now,
            output: output,
            log: log
        )
    }
}

/// What a file descriptor is connected to.
package enum Terminal {
    package static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
        isatty(descriptor.rawValue) == 1
    }
}
