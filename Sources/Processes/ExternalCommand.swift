import CLibrary
package import Logging
package import Subprocess
package import SystemPackage

/// A program of this machine that is asked something and answers: `aws`, `gcloud`, a credential helper.
///
/// It runs in a session of its own, so that all of it can be ended: many are scripts around another program.
package struct ExternalCommand: Sendable {
    /// As people type it.
    package let name: String
    private let executable: FilePath
    private let environment: [String: String]
    private let log: Logger

    /// What a command that ran to its end left behind.
    package struct Answer: Equatable, Sendable {
        /// The exit status, or 128 and the number of the signal that ended the process.
        package var status: Int32
        package var output: [UInt8]
        package var errorOutput: [UInt8]

        /// Standard output as text, without white space at either end.
        package var text: String { String(decoding: output, as: UTF8.self).trimmingWhitespace() }
        /// Standard error as text, without white space at either end.
        package var errorText: String { String(decoding: errorOutput, as: UTF8.self).trimmingWhitespace() }
    }

    /// Nil if no directory of `PATH` in `environment` has it. It runs with that environment.
    package init?(_ name: String, environment: [String: String], log: Logger) {
        guard let executable = FilePath(executable: name, on: environment["PATH"] ?? "") else { return nil }
        self.name = name
        self.executable = executable
        self.environment = environment
        self.log = log
    }

    /// Runs it, and collects what it writes. Nil if it took longer than it may, and was ended.
    ///
    /// - Parameters:
    ///   - arguments: shown in the log; a secret goes to `input`
    ///   - input: what it reads from standard input
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
            // Whichever is left is cancelled, and a cancelled command is ended.
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
            input: .fileDescriptor(try .file(holding: input), closeAfterSpawningProcess: true),
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

    /// The most that is read of either stream, in bytes.
    private static let outputLimit = 1 << 20
}

extension Environment {
    /// These variables, and no others.
    package static func exactly(_ variables: [String: String]) -> Environment {
        .custom(variables.map { Array("\($0.key)=\($0.value)\0".utf8) })
    }
}

extension TerminationStatus {
    /// The exit status, or 128 and the number of the signal that ended the process, as a shell has it.
    package var shellStatus: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

extension FileDescriptor {
    /// A file without a name that holds `content`, to be read from its beginning: what a process gets as its standard
    /// input.
    ///
    /// Not a pipe: a process may end without reading, and what was still to be written would then be an error, or a
    /// signal; and a pipe that is full waits for its reader. The file has mode 0600, its name is removed before
    /// anything is written to it, and where there is a file system in memory, it is there.
    package static func file(holding content: [UInt8]) throws(Errno) -> FileDescriptor {
        let file = try withoutName()
        do {
            try file.writeAll(content)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            // What the file could not hold is the error; that it cannot be closed either adds nothing.
            try? file.close()
            throw error as? Errno ?? .ioError
        }
    }

    /// Where files can be: in memory where there is such a place, as on Linux.
    private static let directories = ["/dev/shm", "/tmp"]

    private static func withoutName() throws(Errno) -> FileDescriptor {
        var failure = Errno.noSuchFileOrDirectory
        for directory in directories {
            var template = Array("\(directory)/docker-cache.XXXXXX".utf8CString)
            let number = mkstemp(&template)
            guard number >= 0 else {
                failure = Errno(rawValue: errno)
                continue
            }
            unlink(template)
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            return FileDescriptor(rawValue: number)
        }
        throw failure
    }
}

/// What a process gets as its standard input where it must not end before the process does.
package struct EndlessInput: Sendable {
    /// For the process.
    package let descriptor: FileDescriptor
    private let held: FileDescriptor

    /// Holds `content`. Throws where that is more than a pipe takes, which is 64 KiB as a rule.
    package init(holding content: [UInt8]) throws(Errno) {
        var pipe: [Int32] = [-1, -1]
        guard CLibrary.pipe(&pipe) == 0 else { throw Errno(rawValue: errno) }
        pipe.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        (descriptor, held) = (FileDescriptor(rawValue: pipe[0]), FileDescriptor(rawValue: pipe[1]))
        // Written before anything reads, and while it could be read: a pipe that no one reads any more is a signal.
        _ = fcntl(pipe[1], F_SETFL, O_NONBLOCK)
        let written = write(pipe[1], content, content.count)
        guard written == content.count else {
            let reason = written < 0 ? Errno(rawValue: errno) : .noBufferSpace
            pipe.forEach { _ = CLibrary.close($0) }
            throw reason
        }
    }

    /// Ends it.
    package func end() { _ = CLibrary.close(held.rawValue) }
}

extension FilePath {
    /// The first executable file called `name` in the directories of `path`, which is a value of the variable `PATH`;
    /// an empty directory means the current one. Nil if there is none.
    package init?(executable name: String, on path: String) {
        for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = FilePath(directory.isEmpty ? "." : String(directory)).appending(name)
            // A directory can be "executable" too.
            if (try? candidate.stat())?.type == .regular, access(candidate.string, X_OK) == 0 {
                self = candidate
                return
            }
        }
        return nil
    }
}
