import Synchronization

/// The identity of the latest login to each host in this run. Docker stores one login per host, but two repositories on
/// the same host may need different ones, as with Buildkite Packages tokens that are valid for one registry only.
final class LastLogins: Sendable {
    private let identities = Mutex<[String: String]>([:])

    /// - Parameter identity: a value of ``Provider/loginIdentity(_:)``
    func note(_ identity: String, at host: String) {
        identities.withLock { $0[host] = identity }
    }

    func isLast(_ identity: String, at host: String) -> Bool {
        identities.withLock { $0[host] == identity }
    }
}
