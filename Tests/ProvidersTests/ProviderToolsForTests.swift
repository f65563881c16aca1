import Images
import Logging
import Options
import Providers
import Synchronization
import SystemPackage
import Testing

/// A memory with the content that a test puts there.
final class TestMemory: ProviderMemory {
    private let logins = Mutex<[String: RememberedLogin]>([:])
    private let answers: Mutex<[String: String]>

    init(answers: [String: String] = [:]) {
        self.answers = Mutex(answers)
    }

    func login(host: String, configuration: String) -> RememberedLogin? {
        logins.withLock { $0["\(host) \(configuration)"] }
    }

    func remember(_ login: RememberedLogin?, host: String, configuration: String) {
        logins.withLock { $0["\(host) \(configuration)"] = login }
    }

    func answer(to question: String) -> String? { answers.withLock { $0[question] } }

    func remember(_ answer: String, to question: String, endsAt: Int64) {
        answers.withLock { $0[question] = answer }
    }
}

extension ProviderTools {
    /// Tools without programs or a network. Every query is an error, except those that `cloud` answers.
    static func forTests(
        environment: [String: String] = [:],
        home: FilePath? = nil,
        memory: TestMemory = TestMemory(),
        cloud: ScriptedCloud = ScriptedCloud([:])
    ) -> ProviderTools {
        ProviderTools(
            environment: environment.merging(["PATH": "/nonexistent"]) { given, _ in given },
            home: home,
            memory: memory,
            machineDirectory: "/nonexistent",
            now: { 1_795_459_500_000 },
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            exchange: cloud.exchange
        )
    }
}

extension OptionValues {
    static func given(_ values: [(OptionDefinition, String)]) -> OptionValues {
        var options = OptionValues(origin: .pipeline)
        for (option, value) in values { options.set(option, to: [value]) }
        return options
    }
}
