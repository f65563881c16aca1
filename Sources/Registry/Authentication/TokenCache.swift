/// The tokens a registry's token server has given, by what they are good for.
struct TokenCache {
    private struct Entry {
        let scope: AccessScope?
        let token: String
        let end: Duration
    }

    private var entries: [Entry] = []

    /// A token for `scope`, or for more, that is still good at `now` (on the clock of ``RegistryTime/elapsed``).
    func token(for scope: AccessScope?, at now: Duration) -> String? {
        entries.last { entry in
            guard entry.end > now else { return false }
            guard let scope else { return true }
            return entry.scope?.covers(scope) == true
        }?.token
    }

    /// Keeps a token that was asked for at `asked`. It counts as used up a tenth of its life early, so that it does not
    /// expire on the way.
    mutating func insert(_ response: TokenResponse, for scope: AccessScope?, asked: Duration) {
        entries.removeAll { $0.scope == scope || $0.end <= asked }
        entries.append(Entry(scope: scope, token: response.token, end: asked + response.lifetime * 0.9))
    }

    /// Forgets a token that was refused.
    mutating func remove(_ token: String) {
        entries.removeAll { $0.token == token }
    }

    /// Every token, to be kept out of messages.
    var all: [String] { entries.map(\.token) }
}
