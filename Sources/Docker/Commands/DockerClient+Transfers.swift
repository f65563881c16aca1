import CLibrary
import Formatting
package import Images
import Logging
import Processes
import Subprocess
import Synchronization
package import SystemPackage

/// Pulling and pushing: what a registry can hold up for as long as it likes.
///
/// The daemon is asked over the Engine's API, which says how far each layer is; `docker pull` says so only to a
/// terminal. `docker system dial-stdio` is the way there: it connects to whichever daemon docker uses, through
/// contexts, TLS and ssh.
extension DockerClient {
    /// How a pull ended, when the registry gave an answer.
    package enum PullResult: Equatable, Sendable {
        case pulled
        /// The registry was asked and has no such image.
        case notInRegistry
    }

    /// Pulls the image that `repository` has under `digest`, with docker's progress on `output`. It has no tag then.
    ///
    /// Throws if the registry could not be asked: that is not the same as ``PullResult/notInRegistry``.
    package func pull(
        _ repository: RepositoryName,
        digest: Digest,
        platform: Platform?,
        progress output: FileDescriptor
    ) async throws(DockerError) -> PullResult {
        try await pull("\(repository)@\(digest)", platform: platform, progress: output)
    }

    /// Pulls whatever `reference` names now.
    ///
    /// Throws if the registry could not be asked, or if the pull got no further.
    package func pull(
        _ reference: String,
        platform: Platform? = nil,
        progress output: FileDescriptor
    ) async throws(DockerError) -> PullResult {
        let arguments = ["pull"] + (platform.map { ["--platform", $0.description] } ?? []) + [reference]
        let name: RegistryReference
        do {
            name = try RegistryReference(reference)
        } catch {
            throw .failed(command: Self.display(arguments), status: nil, message: "\(error)", advice: nil)
        }
        // As docker does it; the daemon does not know the variable.
        let usual = environment["DOCKER_DEFAULT_PLATFORM"].flatMap { Platform($0) }
        let request = EngineRequest.pull(
            name,
            platform: platform ?? usual,
            credential: await credential(for: name.repository.host)
        )
        do {
            try await transfer(request, as: arguments, limit: nil, output: output)
            return .pulled
        } catch {
            if case .failed(_, _, let message, _) = error, DockerAnswer.isNotInRegistry(message) {
                return .notInRegistry
            }
            throw error
        }
    }

    /// How a push ended, when the registry gave an answer that is no failure.
    package enum PushResult: Equatable, Sendable {
        case pushed
        /// The tag is there already, and the registry moves none.
        case tagIsImmutable
    }

    /// Pushes an image under the name it has, with docker's progress on `output`.
    ///
    /// - Parameter limit: how long it may take, also where it makes progress
    package func push(
        _ reference: ImageReference,
        limit: Duration,
        progress output: FileDescriptor
    ) async throws(DockerError) -> PushResult {
        let request = EngineRequest.push(
            reference,
            credential: await credential(for: reference.repository.host)
        )
        do {
            try await transfer(request, as: ["push", reference.description], limit: limit, output: output)
            return .pushed
        } catch {
            if case .failed(_, _, let message, _) = error, DockerAnswer.isImmutableTag(message) {
                return .tagIsImmutable
            }
            throw error
        }
    }

    /// What docker shows a registry; nil where it has nothing to show.
    private func credential(for host: String?) async -> RegistryCredential? {
        do {
            return try await DockerCredentials(environment: environment, home: home, log: log)
                .credential(for: host ?? RegistryReference.defaultHost)
        } catch {
            // As docker does it: many registries need none.
            log.warning("\(error) Asking without credentials.")
            return nil
        }
    }

    /// - Parameters:
    ///   - arguments: those of the command that does the same
    ///   - limit: how long it may take, also where it makes progress; nil for any time
    private func transfer(
        _ request: EngineRequest,
        as arguments: [String],
        limit: Duration?,
        output: FileDescriptor
    ) async throws(DockerError) {
        if let answer = mustBeDocker ? nil : try await follow(request, as: arguments, limit: limit, output: output) {
            guard let message = answer.failure else { return }
            throw failure(arguments, status: nil, message)
        }
        let limit = limit ?? stallLimit * TransferWatch.localFactor
        let late = DockerError.tookTooLong(command: Self.display(arguments), seconds: Int(limit.components.seconds))
        let answer = try await within(limit, orThrow: late) { () throws(DockerError) in
            try await stream(arguments, to: output)
        }
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }

    /// Whether docker's own command does more than ask the daemon: it signs and checks signatures, or shows the daemon
    /// what the user's configuration says. How far it is cannot be told then.
    private var mustBeDocker: Bool {
        if Bool(go: environment["DOCKER_CONTENT_TRUST"] ?? "") == true { return true }
        guard let directory = DockerConfiguration.directory(environment: environment, home: home) else { return false }
        // A file that cannot be read is for docker to complain of.
        return (try? DockerConfiguration(in: directory))?.addsHeaders ?? false
    }

    /// What the daemon said at the end.
    private struct FollowedAnswer {
        /// What went wrong; nil where nothing did.
        var failure: String?
    }

    /// Who reads writes to it, and who watches the time reads it.
    private final class SharedWatch: Sendable {
        let watch: Mutex<TransferWatch>

        init(_ watch: TransferWatch) { self.watch = Mutex(watch) }
    }

    /// Nil where docker does not lead to the Engine's API, and nothing was begun.
    private func follow(
        _ request: EngineRequest,
        as arguments: [String],
        limit: Duration?,
        output: FileDescriptor
    ) async throws(DockerError) -> FollowedAnswer? {
        let command = Self.display(arguments)
        let clock = ContinuousClock()
        let shared = SharedWatch(TransferWatch(stallLimit: stallLimit, limit: limit, now: clock.now))
        do {
            return try await withThrowingTaskGroup(of: FollowedAnswer?.self) { group in
                group.addTask {
                    try await exchange(request) { message in
                        Self.write(shared.watch.withLock { $0.saw(message, now: clock.now) }, to: output)
                    }
                }
                group.addTask {
                    while true {
                        Self.write(shared.watch.withLock { $0.notice(now: clock.now) }, to: output)
                        switch shared.watch.withLock({ $0.verdict(now: clock.now) }) {
                        case .wait(let time): try await clock.sleep(for: time)
                        case .stalled(let time):
                            throw DockerError.stalled(command: command, seconds: Int(time.components.seconds))
                        case .tooLong(let time):
                            throw DockerError.tookTooLong(command: command, seconds: Int(time.components.seconds))
                        }
                    }
                }
                // The connection that is closed then is how the daemon learns that nobody waits for it.
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            throw error as? DockerError ?? .notRun(command: command, message: "\(error)")
        }
    }

    private static func write(_ line: String?, to output: FileDescriptor) {
        // A line that nobody reads is no reason to stop.
        if let line { _ = try? output.writeAll(Array("\(line)\n".utf8)) }
    }

    /// Sends a request to the daemon, and tells of every message of the answer as it comes. One process.
    private func exchange(
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
        if read.failure == nil, read.isWhole { return FollowedAnswer() }
        await Self.awaitOwnSignal(after: .exited(1))
        let cut = "the connection to the daemon was closed before it was done\n\(words)".trimmingWhitespace()
        return FollowedAnswer(failure: read.failure ?? cut)
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

        mutating func take(_ line: [UInt8], _ tell: (TransferMessage) -> Void) {
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
            do {
                for line in try read.answer.read(part.withUnsafeBytes { Array($0) }) { read.take(line, tell) }
            } catch {
                read.isMalformed = true
            }
            if read.isOver { break }
        }
        if let line = read.answer.end() { read.take(line, tell) }
        guard let status = read.answer.status else { return read }
        if read.isMalformed { read.failure = read.failure ?? "the daemon's answer is not valid HTTP" }
        if !read.answer.isSuccess { read.failure = read.failure ?? "status \(status) of the Engine's API" }
        return read
    }
}
