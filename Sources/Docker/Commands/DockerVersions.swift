import Processes
import SystemPackage

/// The versions of docker's client and daemon.
package struct DockerVersions: Equatable, Sendable {
    /// Such as `28.1.1`.
    package let client: String
    /// Nil if the daemon did not answer.
    package let server: String?
    /// Why the daemon did not answer.
    package let failure: DockerError?

    package init(client: String, server: String?, failure: DockerError?) {
        self.client = client
        self.server = server
        self.failure = failure
    }

    /// The major number of a version, or 0 if there is none.
    package static func major(_ version: String) -> Int { Int(version.prefix { $0.isNumber }) ?? 0 }

    /// Whether the first two numbers of `version` are lower than those of `other`. A version without numbers is not
    /// older.
    package static func isOlder(_ version: String, than other: String) -> Bool {
        func numbers(_ text: String) -> [Int] {
            text.split(separator: ".", maxSplits: 2).prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
        }
        let found = numbers(version)
        return found.count == 2 && found.lexicographicallyPrecedes(numbers(other))
    }
}

extension DockerClient {
    /// Queries both versions. Runs one process, and a second if the daemon does not answer in time.
    ///
    /// A daemon that does not answer is part of the result. Throws if docker itself returns nothing useful.
    package func versions() async throws(DockerError) -> DockerVersions {
        // The client's version is printed even if there is no server.
        let arguments = ["version", "--format", "{{.Client.Version}} {{if .Server}}{{.Server.Version}}{{end}}"]
        let answer: Answer
        do throws(DockerError) {
            answer = try await capture(arguments, timeLimit: Self.answerLimit)
        } catch {
            guard case .timedOut = error else { throw error }
            // docker waits for the daemon even to print its own version. With an address where there is certainly no
            // daemon, it prints the version immediately.
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

    /// Queries docker for its buildx plugin. Runs one process.
    ///
    /// - Parameter timeLimit: the time after which the plugin is considered broken; a busy machine needs more
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
