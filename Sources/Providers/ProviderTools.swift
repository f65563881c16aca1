import Crypto
import Docker
import Formatting
package import Logging
import Processes
package import SystemPackage

/// What a provider may use of the machine: its own command-line tool, Docker's configuration, and a memory.
package struct ProviderTools: Sendable {
    package let environment: [String: String]
    /// The user's home directory.
    package let home: FilePath?
    package let memory: any ProviderMemory
    /// Milliseconds since 1970.
    package let now: @Sendable () -> Int64
    package let log: Logger
    /// The clouds' APIs.
    let cloud: CloudSession

    /// - Parameters:
    ///   - machineDirectory: what the firmware says of the machine
    ///   - exchange: sends a request to a cloud; nil for the network of this machine
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

    /// How long a tool may take: some ask their network first.
    private static let timeLimit = Duration.seconds(30)

    /// What a tool is needed for, and what to do if it fails.
    package struct Task: Sendable {
        /// Completes "it is needed to …".
        let purpose: String
        /// What to do where the tool is missing.
        let installation: String
        /// What to do about a failure, by what the tool said; nil where that is all there is to say.
        let advice: @Sendable (_ message: String) -> String?

        /// The error for what the cloud's API did not do.
        func failed(_ error: CloudError) -> ProviderError {
            .cloud(error, purpose: purpose, advice: advice("\(error)"))
        }
    }

    /// Runs a provider's tool, and returns what it wrote to standard output, without white space at either end.
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

    /// Runs a provider's tool whose failure is an answer too.
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

    /// The answer to a question: the one that is remembered, else what `ask` finds out.
    ///
    /// - Parameter hours: how long it may be believed
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

    /// What Docker's configuration has for the registry.
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

    /// Does something with the cloud's API, and where that is not possible with the provider's tool.
    ///
    /// - Parameter isSameAccount: whether the tool would fail where the API refuses
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
        log.debug("The cloud's API is no way to \(task.purpose): \(trouble)")
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

    /// Tells one account of a cloud from another, by what in the environment leads to it, in 16 hex digits.
    func identity(by names: [String]) -> String {
        let text = names.map { "\($0)=\(environment[$0] ?? "")" }.joined(separator: "\n")
        let digest = SHA256.hash(data: Array("\(text)\n\(home?.string ?? "")".utf8))
        return digest.prefix(8).hexadecimal
    }

    /// Whether a tool is there to be run.
    func has(_ tool: String) -> Bool { ExternalCommand(tool, environment: environment, log: log) != nil }

    /// Where Docker keeps logins.
    package var dockerConfiguration: String {
        DockerConfiguration.directory(environment: environment, home: home)?.string ?? ""
    }

    /// Has the Buildkite agent hide a secret in the log of the job, where there is an agent that can.
    package func redact(_ secret: String) async {
        guard environment["BUILDKITE"] == "true",
            let agent = ExternalCommand("buildkite-agent", environment: environment, log: log)
        else { return }
        do {
            let answer = try await agent.run(["redactor", "add"], input: Array(secret.utf8), timeLimit: Self.timeLimit)
            // Agents before 3.61 do not know it. We write the secret nowhere ourselves.
            if answer?.status != 0 {
                log.debug("The agent did not take a secret to redact: \(answer?.errorText ?? "")")
            }
        } catch {
            log.debug("The agent could not be told of a secret to redact: \(error)")
        }
    }

    /// The most that is shown of what a tool said, in lines.
    private static let mostLines = 5

    private static func firstLines(of text: String) -> String {
        text.split(whereSeparator: \.isNewline).prefix(mostLines).joined(separator: " ")
    }
}
