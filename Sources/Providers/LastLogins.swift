import Synchronization

/// Whose login each host has got last in this run. Docker keeps one for a host; two repositories on it may need two, as
/// with tokens that are good for one registry in Buildkite Packages.
final class LastLogins: Sendable {
    private let identities = Mutex<[String: String]>([:])

    /// - Parameter identity: as ``Provider/loginIdentity(_:)`` says it
    func note(_ identity: String, at host: String) {
        identities.withLock { $0[host] = identity }
    }

    func isLast(_ identity: String, at host: String) -> Bool {
        identities.withLock { $0[host] == identity }
    }
}
