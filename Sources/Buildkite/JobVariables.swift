/// The job that a lookup belongs to, from the agent's variables. All nil outside Buildkite.
package struct JobVariables: Equatable, Sendable {
    package var pipeline: String?
    package var branch: String?
    package var commit: String?
    package var build: String?
    package var job: String?
    package var step: String?

    /// Reads the variables of the job from `environment`; empty ones are treated as unset.
    package init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment["BUILDKITE_\(name)"].flatMap { $0.isEmpty ? nil : $0 }
        }
        pipeline = value("PIPELINE_SLUG")
        branch = value("BRANCH")
        commit = value("COMMIT")
        build = value("BUILD_NUMBER")
        job = value("JOB_ID")
        step = value("STEP_KEY") ?? value("LABEL")
    }
}

/// Whether the job builds a pull request, and from which repository.
///
/// `BUILDKITE_PULL_REQUEST` is a number or `false`; `BUILDKITE_PULL_REQUEST_REPO` is the repository it comes from, and
/// `BUILDKITE_REPO` the one that it goes to. https://buildkite.com/docs/pipelines/configure/environment-variables
package enum PullRequest: Equatable, Sendable {
    case none
    case fromSameRepository
    /// Has the address of the other repository.
    case fromFork(String)
    /// A pull request for which the variables do not name the source.
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
            let isSame = RepositoryPlace(source).isSame(as: RepositoryPlace(target))
            self = isSame ? .fromSameRepository : .fromFork(source)
        }
    }

    /// Whether it may come from someone whom the pipeline gives no secrets.
    package var getsNoSecrets: Bool {
        switch self {
        case .none, .fromSameRepository: false
        case .fromFork, .unknown: true
        }
    }
}

/// Host and path of a repository, for any form of its address: `git@host:path.git`, `https://user@host/path`.
private struct RepositoryPlace {
    private let host: String
    private let path: String

    /// Default ports by scheme.
    private static let usualPorts = ["ssh": "22", "https": "443", "http": "80", "git": "9418"]
    /// Hosts that accept SSH on the port of HTTPS, for networks that allow nothing else.
    private static let alternatives = [
        "ssh.github.com:443": "github.com", "altssh.gitlab.com:443": "gitlab.com",
        "altssh.bitbucket.org:443": "bitbucket.org",
    ]

    init(_ address: String) {
        let text = address.lowercased()
        var host: Substring
        var path: Substring
        var port: String?
        if let scheme = text.firstRange(of: "://") {
            let rest = text[scheme.upperBound...]
            let authority = rest.prefix { $0 != "/" }
            path = rest.dropFirst(authority.count)
            host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            port = Self.usualPorts[String(text[..<scheme.lowerBound])]
        } else {
            let authority = text.prefix { $0 != ":" && $0 != "/" }
            path = text.dropFirst(authority.count)
            host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        }
        if let port, host.hasSuffix(":\(port)") { host = host.dropLast(port.count + 1) }
        while let first = path.first, first == "/" || first == ":" { path = path.dropFirst() }
        while path.hasSuffix("/") { path = path.dropLast() }
        if path.hasSuffix(".git") { path = path.dropLast(4) }
        self.host = Self.alternatives[String(host)] ?? String(host)
        self.path = String(path)
    }

    /// Whether both are the same repository. A host may be an alias in `~/.ssh/config`, such as `github.com-deploy`.
    func isSame(as other: RepositoryPlace) -> Bool {
        path == other.path
            && (host == other.host || host.hasPrefix(other.host + "-") || other.host.hasPrefix(host + "-"))
    }
}
