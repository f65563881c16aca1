import CLibrary
import Formatting
package import Images
import Logging
import Processes
import Subprocess
import Synchronization
package import SystemPackage

/// Pulls and pushes, which a registry can delay without limit.
///
/// They use the Engine's API, which reports the progress of each layer; `docker pull` reports it only to a terminal. If
/// the daemon's socket is not accessible (``EngineConnection``), the request goes through `docker system dial-stdio`.
/// That connects to whichever daemon docker uses, through contexts, TLS and ssh.
extension DockerClient {
    /// The result of a pull, if the registry answered.
    package enum PullResult: Equatable, Sendable {
        case pulled
        /// The registry reported that it has no such image.
        case notInRegistry
    }

    /// Pulls the image with `digest` from `repository`, with docker's progress on `output`. The pulled image has no
    /// tag.
    ///
    /// Throws if the registry could not be queried, which is not the same as ``PullResult/notInRegistry``.
    package func pull(
        _ repository: RepositoryName,
        digest: Digest,
        platform: Platform?,
        progress output: FileDescriptor
    ) async throws(DockerError) -> PullResult {
        try await pull("\(repository)@\(digest)", platform: platform, progress: output)
    }

    /// Pulls the image that `reference` names now.
    ///
    /// Throws if the registry could not be queried, or if the pull made no further progress.
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
        // As docker does. The daemon does not know the variable.
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

    /// The result of a push, if the registry answered and it is not a failure.
    package enum PushResult: Equatable, Sendable {
        case pushed
        /// The tag exists, and the registry does not move tags.
        case tagIsImmutable
    }

    /// Pushes an image under its name, with docker's progress on `output`.
    ///
    /// - Parameter limit: the time limit, even if the push makes progress
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

    /// Docker's credential for a registry. Nil if there is none.
    private func credential(for host: String?) async -> RegistryCredential? {
        do {
            return try await DockerCredentials(environment: environment, home: home, log: log)
                .credential(for: host ?? RegistryReference.defaultHost)
        } catch {
            // As docker does. Many registries need no credentials.
            log.warning("\(error) Asking without credentials.")
            return nil
        }
    }

    /// - Parameters:
    ///   - arguments: those of the equivalent docker command
    ///   - limit: the time limit, even if the transfer makes progress; nil for none, unless docker's own command is run
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
        if Task.isCancelled {
            throw .notRun(command: Self.display(arguments), message: "\(CancellationError())")
        }
        let limit = limit ?? stallLimit * TransferWatch.localFactor
        let late = DockerError.tookTooLong(command: Self.display(arguments), seconds: Int(limit.components.seconds))
        let answer = try await within(limit, orThrow: late) { () throws(DockerError) in
            try await stream(arguments, to: output)
        }
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }

    /// Whether docker's own command does more than send the request to the daemon: it signs and verifies images, or
    /// adds headers from the user's configuration. Progress is then unknown.
    private var mustBeDocker: Bool {
        if Bool(go: environment["DOCKER_CONTENT_TRUST"] ?? "") == true { return true }
        guard let directory = DockerConfiguration.directory(environment: environment, home: home) else { return false }
        // docker itself reports a file that cannot be read.
        return (try? DockerConfiguration(in: directory))?.addsHeaders ?? false
    }

    /// The watch, which the reading task updates and the timing task reads.
    private final class SharedWatch: Sendable {
        let watch: Mutex<TransferWatch>

        init(_ watch: TransferWatch) { self.watch = Mutex(watch) }
    }

    /// Nil if the Engine's API is not reachable through docker. Nothing was started then.
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
                // Cancellation closes the connection, which tells the daemon that its client no longer waits.
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            throw error as? DockerError ?? .notRun(command: command, message: "\(error)")
        }
    }

    private static func write(_ line: String?, to output: FileDescriptor) {
        // A progress line that cannot be written is not a reason to stop.
        if let line { _ = try? output.writeAll(Array("\(line)\n".utf8)) }
    }
}
