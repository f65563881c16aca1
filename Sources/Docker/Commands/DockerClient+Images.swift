package import Images
import Processes

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

    /// Stores credentials for `registry` (`host[:port]`) in Docker's configuration. The password goes to standard
    /// input: an argument could be read by every user of the machine.
    package func logIn(to registry: String, username: String, password: String) async throws(DockerError) {
        let arguments = ["login", "--username", username, "--password-stdin", registry]
        let answer = try await capture(arguments, input: password, timeLimit: Self.loginLimit)
        guard answer.status == 0 else { throw failure(arguments, answer) }
    }

    /// How long a login may take: the daemon asks the registry, which may be slow to answer.
    private static let loginLimit = Duration.seconds(30)
}
