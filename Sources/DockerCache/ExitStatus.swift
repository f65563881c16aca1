import Buildkite
import Docker
import Fingerprint
import Options

/// The exit statuses of all commands, decided here and nowhere else.
enum ExitStatus {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    /// Wrong configuration or usage: `EX_USAGE` of sysexits(3), which the argument parser uses too.
    static let usage: Int32 = 64

    /// The status that stands for `error`.
    static func of(_ error: any Error) -> Int32 {
        switch error {
        case is OptionError: usage
        case let error as InputError: error.isConfiguration ? usage : failed
        case ExplainError.ambiguousKey, KeyPrefixError.ambiguous, KeyPrefixError.malformed, is StatsUsage: usage
        case is LayerCacheError, DockerError.needsBuildKit: usage
        case let error as BuildFailure: error.status
        default: failed
        }
    }
}

/// The builder said no. Its status is ours, and its own output says why.
struct BuildFailure: Error, CustomStringConvertible {
    let status: Int32
    /// What it leaves in the builder.
    var build: LookupGarbage.Build?

    var description: String {
        "The build failed with status \(status); the builder's output above says why. Nothing was saved."
    }
}
