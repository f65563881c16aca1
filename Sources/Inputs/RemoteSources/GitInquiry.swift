import FoundationEssentials
package import Logging
import Processes

/// Resolves names in Git repositories to commits.
package struct GitInquiry: Sendable {
    private let environment: [String: String]
    private let log: Logger

    /// - Parameter environment: only `PATH`, proxies and SSH settings are used. As with BuildKit, the user's Git
    ///   configuration is ignored, and there is no prompt for a password.
    package init(environment: [String: String], log: Logger) {
        var environment = environment.filter { !$0.key.hasPrefix("GIT_") }
        environment.merge(
            [
                "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "http:https:git:ssh", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes", "LC_ALL": "C",
            ]
        ) { $1 }
        self.environment = environment
        self.log = log
    }

    package enum Failure: Error, Equatable, CustomStringConvertible {
        case missing
        case timedOut
        /// The last line of Git's own error output.
        case failed(String)
        case unknownName

        package var description: String {
            switch self {
            case .missing: "git is not installed"
            case .timedOut: "git took longer than \(GitInquiry.limit)"
            case .failed(let words): words
            case .unknownName: "the repository has no such branch or tag"
            }
        }
    }

    /// The time limit for one repository.
    private static let limit = Duration.seconds(30)

    /// The hash of the commit that a name resolves to.
    ///
    /// - Parameter name: a branch or a tag, in short or in full; nil for the default branch
    package func commit(of name: String?, in repository: String) async throws -> String {
        guard let git = ExternalCommand("git", environment: environment, log: log) else { throw Failure.missing }
        let name = name ?? "HEAD"
        // In `/`, no repository's own configuration applies.
        let arguments = ["-C", "/", "ls-remote", "--", repository, name, "\(name)^{}"]
        guard let answer = try await git.run(arguments, timeLimit: Self.limit) else { throw Failure.timedOut }
        guard answer.status == 0 else {
            throw Failure.failed(answer.errorText.split(whereSeparator: \.isNewline).last.map(String.init) ?? "")
        }
        guard let commit = Self.commit(of: name, in: answer.text) else { throw Failure.unknownName }
        return commit
    }

    /// Chooses in BuildKit's order: a full name, then a branch, then a tag. An annotated tag resolves to its commit.
    static func commit(of name: String, in output: String) -> String? {
        var hashes: [Substring: Substring] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count == 2, fields[0].allSatisfy(\.isHexDigit) { hashes[fields[1]] = fields[0] }
        }
        let rest = { (prefix: String) in name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name }
        let names = [
            name == "HEAD" ? "HEAD" : "refs/\(rest("refs/"))^{}", "refs/\(rest("refs/"))",
            "refs/heads/\(rest("refs/heads/"))", "refs/tags/\(rest("refs/tags/"))^{}",
            "refs/tags/\(rest("refs/tags/"))",
        ]
        return names.compactMap { hashes[$0[...]] }.first.map(String.init)
    }
}
