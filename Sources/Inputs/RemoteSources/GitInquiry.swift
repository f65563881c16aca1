import FoundationEssentials
package import Logging
import Processes

/// Asks Git repositories which commit a name stands for.
package struct GitInquiry: Sendable {
    private let environment: [String: String]
    private let log: Logger

    /// - Parameter environment: of which `PATH`, proxies and SSH are used. As for BuildKit, nothing that a user has
    ///   configured for Git counts, and no one is asked for a password.
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
        /// Git's own last words.
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

    /// How long a repository may take.
    private static let limit = Duration.seconds(30)

    /// The hash of the commit.
    ///
    /// - Parameter name: a branch or a tag, in short or in full; nil for the default branch
    package func commit(of name: String?, in repository: String) async throws -> String {
        guard let git = ExternalCommand("git", environment: environment, log: log) else { throw Failure.missing }
        let name = name ?? "HEAD"
        // Below the root there is no repository whose own configuration would count.
        let arguments = ["-C", "/", "ls-remote", "--", repository, name, "\(name)^{}"]
        guard let answer = try await git.run(arguments, timeLimit: Self.limit) else { throw Failure.timedOut }
        guard answer.status == 0 else {
            throw Failure.failed(answer.errorText.split(whereSeparator: \.isNewline).last.map(String.init) ?? "")
        }
        guard let commit = Self.commit(of: name, in: answer.text) else { throw Failure.unknownName }
        return commit
    }

    /// Chooses as BuildKit does: a name in full first, then a branch, then a tag; of a tag with a message, its commit.
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
