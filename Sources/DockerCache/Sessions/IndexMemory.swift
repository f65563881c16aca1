import Host
import Logging
import Providers
import Store
import Synchronization
import SystemPackage

/// Stores in the index what providers remember. Without an index, nothing is remembered.
///
/// It has its own connection, opened at the first use, because registries are contacted while the index is in other
/// use. Everything in it can be lost, so it hardly waits for other processes. Problems with the index are left to its
/// main users to report.
final class IndexMemory: ProviderMemory {
    private enum State {
        case unopened
        case open(Index)
        case unavailable
    }

    private let path: FilePath?
    /// The prefix of each question.
    private let mark: String
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64
    private let log: Logger
    private let state = Mutex(State.unopened)

    /// - Parameters:
    ///   - path: nil if there is no index
    ///   - mark: separates answers that must not be mixed up
    init(at path: FilePath?, mark: String = "", now: @escaping @Sendable () -> Int64, log: Logger) {
        self.path = path
        self.mark = mark
        self.now = now
        self.log = log
    }

    func login(host: String, configuration: String) -> RememberedLogin? {
        attempt { index in
            try index.logins.find(host: mark + host, configuration: configuration)
                .map { RememberedLogin(identity: $0.identity, endsAt: $0.endsAt) }
        }
    }

    func remember(_ login: RememberedLogin?, host: String, configuration: String) {
        attempt { index -> Void? in
            guard let login else { return try index.logins.remove(host: mark + host, configuration: configuration) }
            try index.logins.save(
                Logins.Login(identity: login.identity, endsAt: login.endsAt),
                host: mark + host,
                configuration: configuration
            )
        }
    }

    func answer(to question: String) -> String? {
        attempt { try $0.providerAnswers.find(mark + question, now: now()) }
    }

    func remember(_ answer: String, to question: String, endsAt: Int64) {
        attempt { try $0.providerAnswers.save(answer, to: mark + question, endsAt: endsAt) }
    }

    /// Where the index is; nil if there is none, or if this build's answers are kept apart in it.
    var sharedPath: FilePath? { mark.isEmpty ? path : nil }

    /// How long to wait for other processes, in milliseconds.
    private static let timeout: Int32 = 250

    @discardableResult
    private func attempt<Answer: Sendable>(_ body: @Sendable (Index) throws -> Answer?) -> Answer? {
        guard let path else { return nil }
        return state.withLock { state in
            do {
                let index: Index
                switch state {
                case .unavailable: return nil
                case .open(let opened): index = opened
                case .unopened:
                    index = try Index.open(at: path, now: now(), busyTimeoutMilliseconds: Self.timeout).index
                    index.onNotice = { [log] notice in log.warning("\(notice)") }
                    state = .open(index)
                }
                return try body(index)
            } catch {
                log.debug("What providers remember could not be read from the index: \(error)")
                state = .unavailable
                return nil
            }
        }
    }
}
