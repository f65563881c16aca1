import CLibrary
import Formatting
import Images
import Logging
import Processes
import Subprocess
import Synchronization
import SystemPackage

/// One exchange with the Engine's API whose answer comes a message at a time.
extension DockerClient {
    /// What the daemon said at the end.
    struct FollowedAnswer {
        /// What went wrong; nil where nothing did.
        var failure: String?
    }

    /// Sends a request to the daemon, and tells of every message of the answer as it comes. One process, or none where
    /// the daemon's socket can be asked.
    func exchange(
        _ request: EngineRequest,
        _ tell: @escaping @Sendable (TransferMessage) -> Void
    ) async throws -> FollowedAnswer? {
        if case .socket(let path) = connection,
            let read = await follow(request, over: EngineSocket(path: path), tell)
        {
            return read.outcome(words: "")
        }
        return try await exchangeByCommand(request, tell)
    }

    /// Nil where nothing that is a daemon's answer came back.
    private func follow(
        _ request: EngineRequest,
        over socket: EngineSocket,
        _ tell: @escaping @Sendable (TransferMessage) -> Void
    ) async -> ReadAnswer? {
        let report = announce(request)
        let shared = SharedAnswer()
        let isSent = await socket.follow(request) { part in
            shared.read.withLock { read in
                read.take(part: part, tell)
                return !read.isOver
            }
        }
        guard isSent else { return nil }
        let read = shared.read.withLock { read in
            read.end(tell)
            return read
        }
        guard let status = read.answer.status else {
            log.debug("what listens at \(socket.path) is not the Engine's API; asking docker")
            return nil
        }
        report.ended(status: Int32(truncatingIfNeeded: status))
        return read
    }

    /// The thread that reads writes to it.
    private final class SharedAnswer: Sendable {
        let read = Mutex(ReadAnswer())
    }

    private func exchangeByCommand(
        _ request: EngineRequest,
        _ tell: @escaping @Sendable (TransferMessage) -> Void
    ) async throws -> FollowedAnswer? {
        let arguments = ["system", "dial-stdio"]
        let report = announce(arguments + ["<", request.method, request.target])
        // The daemon stops the transfer when the connection is closed, so our side of it stays open.
        let input: EndlessInput
        do {
            input = try EndlessInput(holding: request.bytes)
        } catch {
            log.debug("no pipe could be made for the request to the daemon: \(error)")
            return nil
        }
        defer { input.end() }
        let ending = [TeardownStep.gracefulShutDown(allowedDurationToNextStep: .milliseconds(200))]
        var options = PlatformOptions()
        options.teardownSequence = ending
        let ended = try await run(
            .path(executable),
            arguments: Arguments(arguments),
            environment: subprocessEnvironment(),
            platformOptions: options,
            input: .fileDescriptor(input.descriptor, closeAfterSpawningProcess: true),
            output: .sequence,
            error: .string(limit: Self.outputLimit)
        ) { process in
            let read = try await Self.read(process.standardOutput, tell)
            // Whatever is between us and the daemon may keep the connection open.
            if read.isOver { await process.teardown(using: ending) }
            return read
        }
        report.ended(status: ended.terminationStatus.shellStatus)
        let (read, words) = (ended.closureResult, ended.standardError.trimmingWhitespace())
        guard read.answer.status != nil else {
            log.debug("`docker system dial-stdio` does not reach the Engine's API: \(words)")
            return nil
        }
        if read.failure != nil || !read.isWhole { await Self.awaitOwnSignal(after: .exited(1)) }
        return read.outcome(words: words)
    }

    /// An answer as far as it was read.
    private struct ReadAnswer {
        var answer = EngineAnswer()
        /// What the answer says went wrong.
        var failure: String?
        /// Whether the daemon has said that it is done.
        var isDone = false
        /// Whether there is nothing more to read, or no sense in reading more.
        var isOver: Bool { isWhole || isMalformed || (answer.isSuccess && failure != nil) }
        var isWhole: Bool { answer.isComplete || (answer.endsWithConnection && isDone) }
        var isMalformed = false

        /// - Parameter words: what docker said beside it
        func outcome(words: String) -> FollowedAnswer {
            if failure == nil, isWhole { return FollowedAnswer() }
            let cut = "the connection to the daemon was closed before it was done\n\(words)".trimmingWhitespace()
            return FollowedAnswer(failure: failure ?? cut)
        }

        mutating func take(part: [UInt8], _ tell: (TransferMessage) -> Void) {
            do {
                for line in try answer.read(part) { take(line, tell) }
            } catch {
                isMalformed = true
            }
        }

        /// Nothing more comes.
        mutating func end(_ tell: (TransferMessage) -> Void) {
            if let line = answer.end() { take(line, tell) }
            guard let status = answer.status else { return }
            if isMalformed { failure = failure ?? "the daemon's answer is not valid HTTP" }
            if !answer.isSuccess { failure = failure ?? "status \(status) of the Engine's API" }
        }

        private mutating func take(_ line: [UInt8], _ tell: (TransferMessage) -> Void) {
            guard answer.isSuccess else {
                let said = (try? JSONValue(parsing: line))?["message"]?.string
                failure = said ?? String(decoding: line, as: UTF8.self)
                return
            }
            guard let message = TransferMessage(line) else { return }
            failure = failure ?? message.failure
            isDone = isDone || message.isLast
            tell(message)
        }
    }

    /// Reads an answer to its end.
    private static func read(
        _ output: SubprocessOutputSequence,
        _ tell: @Sendable (TransferMessage) -> Void
    ) async throws -> ReadAnswer {
        var read = ReadAnswer()
        for try await part in output {
            read.take(part: part.withUnsafeBytes { Array($0) }, tell)
            if read.isOver { break }
        }
        read.end(tell)
        return read
    }
}
