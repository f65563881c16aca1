/// What the job is that a lookup belongs to, as the agent's variables say. All nil outside Buildkite.
package struct JobVariables: Equatable, Sendable {
    package var pipeline: String?
    package var branch: String?
    package var build: String?
    package var job: String?
    package var step: String?

    /// Reads the variables of the job from `environment`; empty ones count as not set.
    package init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment["BUILDKITE_\(name)"].flatMap { $0.isEmpty ? nil : $0 }
        }
        pipeline = value("PIPELINE_SLUG")
        branch = value("BRANCH")
        build = value("BUILD_NUMBER")
        job = value("JOB_ID")
        step = value("STEP_KEY") ?? value("LABEL")
    }
}

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
