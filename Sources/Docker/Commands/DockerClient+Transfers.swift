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
/// terminal. Where its socket cannot be asked (``EngineConnection``), `docker system dial-stdio` is the way there: it
/// connects to whichever daemon docker uses, through contexts, TLS and ssh.
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
                // The connection that is closed then is how the daemon learns that no one waits for it.
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            throw error as? DockerError ?? .notRun(command: command, message: "\(error)")
        }
    }

    private static func write(_ line: String?, to output: FileDescriptor) {
        // A line that no one reads is no reason to stop.
        if let line { _ = try? output.writeAll(Array("\(line)\n".utf8)) }
    }
}
