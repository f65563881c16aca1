package import Images
import Processes
package import SystemPackage

extension DockerClient {
    /// Asks the daemon for an image by reference or id. Nil if it has none.
    package func inspectImage(_ name: String) async throws(DockerError) -> ImageDetails? {
        let arguments = ["image", "inspect", "--format", "{{json .}}", name]
        let answer = try await capture(arguments)
        guard answer.status == 0 else {
            if DockerAnswer.isNoSuchImage(answer.errorText) { return nil }
            throw failure(arguments, answer)
        }
        do {
            return try ImageDetails.decode(answer.output)
        } catch {
            throw .unexpectedAnswer(command: "docker image inspect \(name)", message: "\(error)")
        }
    }

    /// Gives the image `source` (a reference or an id) the further name `target`.
    package func tag(_ source: String, as target: ImageReference) async throws(DockerError) {
        let arguments = ["tag", source, target.description]
        let answer = try await capture(arguments)
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }

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
    /// Throws if the registry could not be asked.
    package func pull(
        _ reference: String,
        platform: Platform? = nil,
        progress output: FileDescriptor
    ) async throws(DockerError) -> PullResult {
        let arguments = ["pull"] + (platform.map { ["--platform", $0.description] } ?? []) + [reference]
        let answer = try await stream(arguments, to: output)
        if answer.status == 0 { return .pulled }
        if DockerAnswer.isNotInRegistry(answer.errorText.trimmingWhitespace()) { return .notInRegistry }
        throw failure(arguments, answer)
    }

    /// How a push ended, when the registry gave an answer that is no failure.
    package enum PushResult: Equatable, Sendable {
        case pushed
        /// The tag is there already, and the registry moves none.
        case tagIsImmutable
    }

    /// Pushes an image under the name it has, with docker's progress on `output`.
    package func push(
        _ reference: ImageReference,
        progress output: FileDescriptor
    ) async throws(DockerError) -> PushResult {
        let arguments = ["push", reference.description]
        let answer = try await stream(arguments, to: output)
        if answer.status == 0 { return .pushed }
        if DockerAnswer.isImmutableTag(answer.errorText) { return .tagIsImmutable }
        throw failure(arguments, answer)
    }

    /// Stores credentials for `registry` (`host[:port]`) in Docker's configuration. The password goes to standard
    /// input: an argument could be read by every user of the machine.
    package func logIn(to registry: String, username: String, password: String) async throws(DockerError) {
        let arguments = ["login", "--username", username, "--password-stdin", registry]
        let answer = try await capture(arguments, input: password)
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }
}
