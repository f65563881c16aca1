import FoundationEssentials
package import Images
import Logging
import Processes

extension DockerClient {
    /// Inspects an image by reference or id. Nil if the daemon does not have it.
    ///
    /// Runs no process if the daemon's socket is accessible.
    package func inspectImage(_ name: String) async throws(DockerError) -> ImageDetails? {
        if case .socket(let path) = connection, let found = try await inspectImage(name, over: EngineSocket(path: path))
        {
            return found.details
        }
        return try await inspectImageByCommand(name)
    }

    /// The daemon's answer about an image. `details` is nil if the daemon does not have it.
    struct FoundImage {
        var details: ImageDetails?
    }

    /// Nil if the socket gave no usable answer. docker may know another way, or has an error message for the problem.
    func inspectImage(_ name: String, over socket: EngineSocket) async throws(DockerError) -> FoundImage? {
        guard let answer = try await ask(.image(name), "docker image inspect", over: socket) else { return nil }
        if answer.status == 200, let details = try? ImageDetails.decode(Data(answer.body)) {
            return FoundImage(details: details)
        }
        return answer.status == 404 && DockerAnswer.isNoSuchImage(String(decoding: answer.body, as: UTF8.self))
            ? FoundImage() : nil
    }

    /// Nil if the daemon does not answer at its socket.
    ///
    /// - Parameter command: the equivalent docker command
    private func ask(
        _ request: EngineRequest,
        _ command: String,
        over socket: EngineSocket
    ) async throws(DockerError) -> EngineSocket.Answer? {
        let report = announce(request)
        let late = DockerError.timedOut(command: command, seconds: Int(Self.commandLimit.components.seconds))
        let answer = try await within(Self.commandLimit, orThrow: late) { () throws(DockerError) in
            await socket.ask(request)
        }
        guard let answer else {
            if Task.isCancelled { throw .notRun(command: command, message: "\(CancellationError())") }
            log.debug("the daemon gives no answer at \(socket.path); asking docker")
            return nil
        }
        report.ended(status: Int32(truncatingIfNeeded: answer.status))
        return answer
    }

    func inspectImageByCommand(_ name: String) async throws(DockerError) -> ImageDetails? {
        let arguments = ["image", "inspect", "--format", "{{json .}}", name]
        let answer = try await capture(arguments)
        guard answer.status == 0 else {
            if DockerAnswer.isNoSuchImage(answer.errorText) { return nil }
            throw failure(arguments, answer)
        }
        do {
            return try ImageDetails.decode(Data(answer.output.utf8))
        } catch {
            throw .unexpectedAnswer(command: "docker image inspect \(name)", message: ImageDetails.expected)
        }
    }

    /// Adds the name `target` to the image `source` (a reference or an id). Runs no process if the daemon's socket is
    /// accessible.
    package func tag(_ source: String, as target: ImageReference) async throws(DockerError) {
        if case .socket(let path) = connection {
            let answer = try await ask(.tag(source, as: target), "docker tag", over: EngineSocket(path: path))
            // For any other answer, docker has an error message.
            if answer?.status == 201 { return }
        }
        try await tagByCommand(source, as: target)
    }

    func tagByCommand(_ source: String, as target: ImageReference) async throws(DockerError) {
        let arguments = ["tag", source, target.description]
        let answer = try await capture(arguments)
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }

    /// Stores credentials for `registry` (`host[:port]`) in Docker's configuration. The password goes to standard
    /// input, because every user of the machine can read arguments.
    package func logIn(to registry: String, username: String, password: String) async throws(DockerError) {
        let arguments = ["login", "--username", username, "--password-stdin", registry]
        let answer = try await capture(arguments, input: password, timeLimit: Self.loginLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }

    /// The time limit of a login. The daemon contacts the registry, which may be slow to answer.
    private static let loginLimit = Duration.seconds(30)
}
