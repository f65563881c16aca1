package import Buildkite
import CLibrary
import Formatting
import FoundationEssentials
package import Logging
package import SystemPackage

/// What a command gets of the outside world. Below the entry points, no code reads the environment, the clock or the
/// home directory by itself.
package struct Surroundings {
    package let environment: [String: String]
    /// The user's home directory, if there is one.
    package let home: FilePath?
    /// The absolute path of the directory that relative paths start from.
    package let workingDirectory: FilePath
    /// Milliseconds since 1970.
    package let now: @Sendable () -> Int64
    /// The log for people.
    package let output: LogOutput
    /// Warnings and errors, and with `verbose` also commands.
    package let log: Logger

    /// The surroundings of this process.
    ///
    /// - Parameters:
    ///   - output: where the log for people goes
    ///   - verbose: whether commands are logged as they run
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

    /// The executable file of this process, with links resolved; nil if it cannot be determined.
    package static var executable: FilePath? {
        let name: FilePath = "/proc/self/exe"
        guard let resolved = name.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }

    /// The same, with a builder that prints lines: on a hook's pseudo-terminal, buildx would redraw its progress
    /// repeatedly (405 kB for a build of 20 s; 4 kB as lines). A value set by the user is kept.
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
