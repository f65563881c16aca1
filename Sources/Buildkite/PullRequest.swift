/// Whether the job builds a pull request, and whose.
///
/// `BUILDKITE_PULL_REQUEST` is a number or `false`; `BUILDKITE_PULL_REQUEST_REPO` is the repository it comes from, and
/// `BUILDKITE_REPO` the one that it goes to. https://buildkite.com/docs/pipelines/configure/environment-variables
package enum PullRequest: Equatable, Sendable {
    case none
    case fromSameRepository
    /// Carries the address of the other repository.
    case fromFork(String)
    /// It is one, and the variables do not say from where.
    case unknown

    package init(environment: [String: String]) {
        let number = environment["BUILDKITE_PULL_REQUEST"] ?? ""
        guard !number.isEmpty, number != "false" else {
            self = .none
            return
        }
        let source = environment["BUILDKITE_PULL_REQUEST_REPO"] ?? ""
        let target = environment["BUILDKITE_REPO"] ?? ""
        if source.isEmpty || target.isEmpty {
            self = .unknown
        } else {
            self = Self.place(source) == Self.place(target) ? .fromSameRepository : .fromFork(source)
        }
    }

    /// Host and path of a repository, however its address is written: `git@host:path.git`, `https://user@host/path`.
    private static func place(_ address: String) -> String {
        var text = address.lowercased()
        if let scheme = text.firstRange(of: "://") { text = String(text[scheme.upperBound...]) }
        if let at = text.firstIndex(of: "@") { text = String(text[text.index(after: at)...]) }
        while text.hasSuffix("/") { text.removeLast() }
        if text.hasSuffix(".git") { text.removeLast(4) }
        return String(text.map { $0 == ":" ? "/" : $0 })
    }
}
