import Host
import Logging
import Providers
import Store
import Synchronization
import SystemPackage

/// What providers remember, in the index. Without one nothing is remembered.
///
/// It has a connection of its own, opened when something is first asked: registries are asked beside all else that the
/// index is used for.
final class IndexMemory: ProviderMemory {
    private let path: FilePath?
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64
    private let index = Mutex<LookupIndex?>(nil)

    init(at path: FilePath?, now: @escaping @Sendable () -> Int64) {
        self.path = path
        self.now = now
    }

    func login(host: String, configuration: String) -> RememberedLogin? {
        attempt { index in
            try index.logins.find(host: host, configuration: configuration)
                .map { RememberedLogin(identity: $0.identity, endsAt: $0.endsAt) }
        }
    }

    func remember(_ login: RememberedLogin?, host: String, configuration: String) {
        attempt { index -> Void? in
            guard let login else { return try index.logins.remove(host: host, configuration: configuration) }
            try index.logins.save(
                Logins.Login(identity: login.identity, endsAt: login.endsAt),
                host: host,
                configuration: configuration
            )
        }
    }

    func answer(to question: String) -> String? {
        attempt { try $0.providerAnswers.find(question, now: now()) }
    }

    func remember(_ answer: String, to question: String, endsAt: Int64) {
        attempt { try $0.providerAnswers.save(answer, to: question, endsAt: endsAt) }
    }

    @discardableResult
    private func attempt<Answer: Sendable>(
        _ body: @Sendable (Index) throws -> Answer?
    ) -> Answer? {
        guard let path else { return nil }
        return index.withLock { known in
            // What is wrong with the index is said by who opened it first.
            let silent = Logger(label: "docker-cache") { _ in SwiftLogNoOpLogHandler() }
            let index = known ?? LookupIndex(at: path, now: now(), log: silent)
            known = index
            return index.attempt(body) ?? nil
        }
    }
}
