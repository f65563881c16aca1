/// The permissions of a token, such as `repository:team/app:pull,push`
/// (https://distribution.github.io/distribution/spec/auth/scope/).
struct AccessScope: Hashable, CustomStringConvertible {
    /// Such as `repository`.
    let kind: String
    /// Such as `team/app`.
    let name: String
    /// Such as `pull`.
    let actions: Set<String>

    var description: String {
        let known = ["pull", "push", "delete"]
        let ordered = known.filter(actions.contains) + actions.subtracting(known).sorted()
        return "\(kind):\(name):\(ordered.joined(separator: ","))"
    }

    private init(kind: String, name: String, actions: Set<String>) {
        self.kind = kind
        self.name = name
        self.actions = actions
    }

    static func pull(_ repository: String) -> AccessScope {
        AccessScope(kind: "repository", name: repository, actions: ["pull"])
    }

    static func push(_ repository: String) -> AccessScope {
        AccessScope(kind: "repository", name: repository, actions: ["pull", "push"])
    }

    static func delete(_ repository: String) -> AccessScope {
        AccessScope(kind: "repository", name: repository, actions: ["pull", "delete"])
    }

    /// Whether a token for this scope is also sufficient for `other`.
    func covers(_ other: AccessScope) -> Bool {
        kind == other.kind && name == other.name && actions.isSuperset(of: other.actions)
    }

    /// The scopes to request a token for: those of the challenge and the one that is needed, each resource once.
    ///
    /// - Parameter text: the `scope` of a challenge, in which spaces separate scopes. A name may contain colons.
    static func merged(challenge text: String?, needed: AccessScope?) -> [AccessScope] {
        let challenged = (text ?? "").split(separator: " ").compactMap { item -> AccessScope? in
            guard let first = item.firstIndex(of: ":"), let last = item.lastIndex(of: ":"), first < last else {
                return nil
            }
            return AccessScope(
                kind: String(item[..<first]),
                name: String(item[item.index(after: first)..<last]),
                actions: Set(item[item.index(after: last)...].split(separator: ",").map(String.init))
            )
        }
        var merged: [AccessScope] = []
        for scope in challenged + (needed.map { [$0] } ?? []) {
            if let position = merged.firstIndex(where: { $0.kind == scope.kind && $0.name == scope.name }) {
                let actions = merged[position].actions.union(scope.actions)
                merged[position] = AccessScope(kind: scope.kind, name: scope.name, actions: actions)
            } else {
                merged.append(scope)
            }
        }
        return merged
    }
}
