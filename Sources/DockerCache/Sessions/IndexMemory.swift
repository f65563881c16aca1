import Host
import Providers
import Store

/// What providers remember, in the index. Without one nothing is remembered.
struct IndexMemory: ProviderMemory {
    let index: LookupIndex
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64

    func login(host: String, configuration: String) -> RememberedLogin? {
        let found = index.attempt { try $0.logins.find(host: host, configuration: configuration) } ?? nil
        return found.map { RememberedLogin(identity: $0.identity, endsAt: $0.endsAt) }
    }

    func remember(_ login: RememberedLogin?, host: String, configuration: String) {
        index.attempt { index in
            guard let login else { return try index.logins.remove(host: host, configuration: configuration) }
            try index.logins.save(
                Logins.Login(identity: login.identity, endsAt: login.endsAt),
                host: host,
                configuration: configuration
            )
        }
    }

    func answer(to question: String) -> String? {
        index.attempt { try $0.providerAnswers.find(question, now: now()) } ?? nil
    }

    func remember(_ answer: String, to question: String, endsAt: Int64) {
        index.attempt { try $0.providerAnswers.save(answer, to: question, endsAt: endsAt) }
    }
}
