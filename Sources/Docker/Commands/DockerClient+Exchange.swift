import CLibrary
import Formatting
import Images
import Logging
import Processes
import Subprocess
import Synchronization
import SystemPackage

/// One exchange with the Engine's API, with an answer that arrives one message at a time.
extension DockerClient {
    /// The result of an exchange.
    struct FollowedAnswer {
        /// The failure. Nil on success.
        var failure: String?
    }

    /// Sends a request to the daemon and passes each message of the answer to `tell` as it arrives. Nil if the Engine's
    /// API is not reachable. Runs one process, or none if the daemon's socket is accessible.
    func exchange(
        _ request: EngineRequest,
        _ tell: @escaping @Sendable (TransferMessage) -> Void
    ) async throws -> FollowedAnswer? {
        if case .socket(let path) = connection,
            let read = await follow(request, over: EngineSocket(path: path), tell)
        {
            return read.outcome(words: "")
        }
        // A cancelled exchange has no answer either, and the request must not be sent once more.
        try Task.checkCancellation()
        return try await exchangeByCommand(request, tell)
    }

    /// Nil if there was no answer of a daemon.
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

    /// The answer so far, which the reading thread updates.
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
            // An intermediary may keep the connection to the daemon open.
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

    /// The part of an answer that has been read.
    private struct ReadAnswer {
        var answer = EngineAnswer()
        /// The failure that the answer reports.
        var failure: String?
        /// Whether the daemon reported that it is done.
        var isDone = false
        /// Whether there is nothing more to read, or no reason to read more.
        var isOver: Bool { isWhole || isMalformed || (answer.isSuccess && failure != nil) }
        var isWhole: Bool { answer.isComplete || (answer.endsWithConnection && isDone) }
        var isMalformed = false

        /// - Parameter words: docker's own error output
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

        /// Handles the end of the answer.
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
