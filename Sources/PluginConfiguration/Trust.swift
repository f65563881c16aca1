import Buildkite
import Options

/// Whether a build may decide what others run (docs/trust.md, issue 20).
package enum Trust: Equatable, Sendable {
    /// No setting tells which branches are trusted. Every build that saves images decides, as before there was a
    /// setting.
    case undivided
    case trusted
    /// The reason is for people, and completes "because …".
    case untrusted(reason: String)

    package var isUntrusted: Bool { if case .untrusted = self { true } else { false } }

    /// The variable with which the agent's owner sets the trusted branches.
    package static let branchesVariable = "DOCKER_CACHE_TRUSTED_BRANCHES"
    /// The variable with which the agent's owner sets where untrusted builds write.
    package static let repositoryVariable = "DOCKER_CACHE_UNTRUSTED_REPOSITORY"

    /// All variables of the agent's owner.
    package static let variables = [branchesVariable, repositoryVariable]

    /// Reads the option `trusted-branches` and the owner's variable. A branch has to match both: the pipeline, which
    /// the branch itself can edit, can only narrow the owner's setting.
    ///
    /// Throws ``OptionError`` if either contains no pattern.
    init(_ options: OptionValues, environment: [String: String]) throws(OptionError) {
        var lists: [BranchPatterns] = []
        if let text = environment[Self.branchesVariable] {
            do {
                lists.append(try BranchPatterns([text]))
            } catch {
                throw .invalidVariable(Self.branchesVariable, value: text, reason: Self.advice(error))
            }
        }
        if options.isGivenAsText(OptionTable.trustedBranches), !options.has(OptionTable.trustedBranches) {
            // A variable that was unset at the pipeline's upload leaves an empty option, which must not turn the option
            // off.
            throw .empty(
                option: options.displayName(OptionTable.trustedBranches),
                variable: OptionTable.trustedBranches.variable
            )
        }
        if options.has(OptionTable.trustedBranches) {
            let texts = options.list(OptionTable.trustedBranches)
            do {
                lists.append(try BranchPatterns(texts))
            } catch {
                throw .invalid(
                    option: options.displayName(OptionTable.trustedBranches),
                    value: texts.joined(separator: " "),
                    reason: Self.advice(error)
                )
            }
        }
        guard !lists.isEmpty else {
            self = .undivided
            return
        }
        self = Self.judge(
            lists,
            ref: BranchPatterns.Ref(environment: environment),
            pullRequest: PullRequest(environment: environment)
        )
    }

    private static func advice(_ error: EmptyPattern) -> String {
        "\(error). Write names or patterns of branches, such as main or release/*, and tag:v* for git tags."
    }

    /// - Parameters:
    ///   - lists: a trusted build has to match all of them
    ///   - ref: nil if the variables of the job name neither a branch nor a git tag
    static func judge(_ lists: [BranchPatterns], ref: BranchPatterns.Ref?, pullRequest: PullRequest) -> Trust {
        switch pullRequest {
        case .fromFork(let repository):
            return .untrusted(reason: "this is a build of a pull request from another repository, \(repository)")
        case .unknown:
            return .untrusted(reason: "this is a build of a pull request from an unknown repository")
        case .none, .fromSameRepository: break
        }
        guard let ref else {
            return .untrusted(reason: "BUILDKITE_BRANCH is not set, so the branch is unknown")
        }
        guard lists.allSatisfy({ $0.match(ref) }) else {
            switch ref {
            case .branch(let name): return .untrusted(reason: "the branch \(name) is not among the trusted branches")
            case .tag(let name):
                return .untrusted(reason: "the git tag \(name) is not among the trusted branches (tag:PATTERN)")
            }
        }
        return .trusted
    }
}
