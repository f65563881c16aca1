import Processes
import SystemPackage

/// What both sides of docker say of themselves.
package struct DockerVersions: Equatable, Sendable {
    /// Such as `28.1.1`.
    package let client: String
    /// Nil where the daemon did not answer.
    package let server: String?
    /// Why it did not.
    package let failure: DockerError?

    package init(client: String, server: String?, failure: DockerError?) {
        self.client = client
        self.server = server
        self.failure = failure
    }

    /// The first number of a version, or 0 where there is none.
    package static func major(_ version: String) -> Int { Int(version.prefix { $0.isNumber }) ?? 0 }

    /// Whether the first two numbers of a version come before those of another. One without numbers is not older.
    package static func isOlder(_ version: String, than other: String) -> Bool {
        func numbers(_ text: String) -> [Int] {
            text.split(separator: ".", maxSplits: 2).prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
        }
        let found = numbers(version)
        return found.count == 2 && found.lexicographicallyPrecedes(numbers(other))
    }
}

extension DockerClient {
    /// Asks docker for both versions. One process, and a second where the daemon does not answer in time.
    ///
    /// That the daemon does not answer is part of the result; throws where docker itself says nothing useful.
    package func versions() async throws(DockerError) -> DockerVersions {
        // The client's is written even where there is no server.
        let arguments = ["version", "--format", "{{.Client.Version}} {{if .Server}}{{.Server.Version}}{{end}}"]
        let answer: Answer
        do throws(DockerError) {
            answer = try await capture(arguments, timeLimit: Self.answerLimit)
        } catch {
            guard case .timedOut = error else { throw error }
            // It is the daemon that docker waits for, even to say its own version. With one that is certainly not there
            // it says it at once.
            let elsewhere = environment.merging(["DOCKER_HOST": "unix:///dev/null"]) { _, new in new }
            let client = try DockerClient(environment: elsewhere, log: log)
            let alone = try await client.capture(["--version"], timeLimit: Self.answerLimit)
            let words = alone.output.drop { !$0.isNumber }.prefix { $0 != "," && !$0.isWhitespace }
            return DockerVersions(client: String(words), server: nil, failure: error)
        }
        let words = answer.output.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let client = words.first else {
            throw answer.status == 0
                ? .unexpectedAnswer(command: "docker version", message: answer.output.trimmingWhitespace())
                : failure(arguments, answer)
        }
        guard answer.status == 0, words.count == 2 else {
            return DockerVersions(client: client, server: nil, failure: failure(arguments, answer))
        }
        return DockerVersions(client: client, server: words[1], failure: nil)
    }

    /// Asks docker for its buildx plugin. One process.
    ///
    /// - Parameter timeLimit: after which it counts as broken; a machine that is busy needs a while
    package func buildx(timeLimit: Duration = answerLimit) async throws(DockerError) -> BuildxPlugin {
        let file = buildxPlugin(home: home)?.string
        let answer: Answer
        do throws(DockerError) {
            answer = try await capture(["buildx", "version"], timeLimit: timeLimit)
        } catch {
            guard case .timedOut = error, let file else { throw error }
            return .broken(BrokenBuildx(file: file, message: "it does not end"))
        }
        guard answer.status == 0 else {
            guard let file else { return .absent }
            return .broken(BrokenBuildx(file: file, message: answer.errorText.trimmingWhitespace()))
        }
        // "github.com/docker/buildx v0.13.1 788433953af10f2a698f5c07611dddce2e08c7a0"
        let words = answer.output.split(whereSeparator: \.isWhitespace)
        return .works(version: words.first { $0.drop { $0 == "v" }.first?.isNumber == true }.map(String.init) ?? "")
    }
}
