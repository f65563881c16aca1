import Crypto
import Docker
import Formatting
package import Logging
import Processes
package import SystemPackage

/// The parts of the machine that a provider may use: its command-line tool, Docker's configuration, and a memory.
package struct ProviderTools: Sendable {
    package let environment: [String: String]
    /// The user's home directory.
    package let home: FilePath?
    package let memory: any ProviderMemory
    /// The current time, in milliseconds since 1970.
    package let now: @Sendable () -> Int64
    package let log: Logger
    /// The clouds' APIs.
    let cloud: CloudSession

    /// - Parameters:
    ///   - machineDirectory: the directory of the firmware's data about the machine
    ///   - exchange: sends a request to a cloud; nil to use this machine's network
    package init(
        environment: [String: String],
        home: FilePath?,
        memory: any ProviderMemory,
        machineDirectory: FilePath = "/sys/class/dmi/id",
        now: @escaping @Sendable () -> Int64,
        log: Logger,
        exchange: CloudExchange? = nil
    ) {
        cloud = CloudSession(
            environment: environment,
            home: home,
            machineDirectory: machineDirectory,
            now: now,
            exchange: exchange ?? CloudTransport(environment: environment).send
        )
        self.environment = environment
        self.home = home
        self.memory = memory
        self.now = now
        self.log = log
    }

    /// The time limit of a tool. Some tools send network requests.
    private static let timeLimit = Duration.seconds(30)

    /// The purpose of a tool, and advice for when it fails.
    package struct Task: Sendable {
        /// Completes "it is needed to …".
        let purpose: String
        /// Advice for when the tool is missing.
        let installation: String
        /// Advice about a failure, based on the tool's message; nil for none.
        let advice: @Sendable (_ message: String) -> String?

        /// The error for a failure of the cloud's API.
        func failed(_ error: CloudError) -> ProviderError {
            .cloud(error, purpose: purpose, advice: advice("\(error)"))
        }
    }

    /// Runs a provider's tool, and returns its standard output without white space at either end.
    package func run(_ tool: String, _ arguments: [String], for task: Task) async throws(ProviderError) -> String {
        let answer = try await answer(tool, arguments, for: task)
        guard answer.status == 0 else {
            throw .toolFailed(
                command: ([tool] + arguments).joined(separator: " "),
                status: answer.status,
                message: Self.firstLines(of: answer.errorText),
                advice: task.advice(answer.errorText)
            )
        }
        return answer.text
    }

    /// Runs a provider's tool, and returns its output even if it fails.
    package func answer(
        _ tool: String,
        _ arguments: [String],
        input: [UInt8] = [],
        for task: Task
    ) async throws(ProviderError) -> (status: Int32, text: String, errorText: String) {
        guard let command = ExternalCommand(tool, environment: environment, log: log) else {
            throw .toolMissing(tool: tool, purpose: task.purpose, advice: task.installation)
        }
        let line = ([tool] + arguments).joined(separator: " ")
        let answer: ExternalCommand.Answer?
        do {
            answer = try await command.run(arguments, input: input, timeLimit: Self.timeLimit)
        } catch {
            throw .toolNotRun(command: line, reason: "\(error)")
        }
        guard let answer else {
            throw .toolTimedOut(command: line, seconds: Int(Self.timeLimit.components.seconds))
        }
        return (answer.status, answer.text, answer.errorText)
    }

    /// The answer to a question: the remembered one, or otherwise the result of `ask`.
    ///
    /// - Parameter hours: how long a new answer stays valid
    package func remembered(
        _ question: String,
        hours: Int64,
        _ ask: () async throws(ProviderError) -> String
    ) async throws(ProviderError) -> String {
        if let known = memory.answer(to: question) { return known }
        let answer = try await ask()
        memory.remember(answer, to: question, endsAt: now() + hours * 3_600_000)
        return answer
    }

    /// The kind of credentials that Docker's configuration has for the registry.
    package func dockerEntry(for host: String) -> DockerEntry {
        do {
            let credentials = try DockerCredentials(environment: environment, home: home, log: log)
            if credentials.hasHelper(for: host) { return .helper }
            return credentials.hasEntry(for: host) ? .stored : .none
        } catch {
            log.debug("Docker's configuration cannot be read: \(error)")
            return .none
        }
    }

    /// Does something with the cloud's API, or with the provider's tool if the API fails.
    ///
    /// - Parameter isSameAccount: whether the tool uses the same account, so that it would fail if the API rejects that
    func directly<Answer>(
        for task: Task,
        isSameAccount: Bool,
        api: () async throws(CloudError) -> Answer,
        tool: () async throws(ProviderError) -> Answer
    ) async throws(ProviderError) -> Answer {
        let trouble: CloudError
        do throws(CloudError) {
            return try await api()
        } catch {
            trouble = error
        }
        log.debug("The cloud's API could not \(task.purpose): \(trouble)")
        if isSameAccount, trouble.isTheAccounts { throw task.failed(trouble) }
        do throws(ProviderError) {
            return try await tool()
        } catch {
            throw .everyWayFailed(
                purpose: task.purpose,
                attempts: [
                    LoginAttempt(way: .api, task.failed(trouble)), LoginAttempt(way: .tool, error),
                ]
            )
        }
    }

    /// A hash that tells accounts of a cloud apart, in 16 hex digits. Derived from these variables and the home
    /// directory.
    func identity(by names: [String]) -> String {
        let text = names.map { "\($0)=\(environment[$0] ?? "")" }.joined(separator: "\n")
        let digest = SHA256.hash(data: Array("\(text)\n\(home?.string ?? "")".utf8))
        return digest.prefix(8).hexadecimal
    }

    /// Whether a tool is installed.
    func has(_ tool: String) -> Bool { ExternalCommand(tool, environment: environment, log: log) != nil }

    /// The directory in which Docker stores logins.
    package var dockerConfiguration: String {
        DockerConfiguration.directory(environment: environment, home: home)?.string ?? ""
    }

    /// Tells the Buildkite agent to redact a secret in the job's log, if the agent supports that.
    package func redact(_ secret: String) async {
        guard environment["BUILDKITE"] == "true",
            let agent = ExternalCommand("buildkite-agent", environment: environment, log: log)
        else { return }
        do {
            let answer = try await agent.run(["redactor", "add"], input: Array(secret.utf8), timeLimit: .seconds(5))
            // Agents before 3.61 do not support this. We never write the secret ourselves.
            if answer?.status != 0 {
                log.debug("The agent did not take a secret to redact: \(answer?.errorText ?? "")")
            }
        } catch {
            log.debug("The agent could not be told of a secret to redact: \(error)")
        }
    }

    /// The maximum number of lines shown of a tool's output.
    private static let mostLines = 5

    private static func firstLines(of text: String) -> String {
        text.split(whereSeparator: \.isNewline).prefix(mostLines).joined(separator: " ")
    }
}
