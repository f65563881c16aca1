import ArgumentParser
import Options
import Statistics

/// Which arguments of `stats` go together.
enum StatsUsage: ErrorWithExitStatus, CustomStringConvertible {
    /// It ends before it begins.
    case emptySpan

    var exitStatus: Int32 { ExitStatus.usage }

    var description: String {
        switch self {
        case .emptySpan:
            "--until is not after --since, so there is nothing to count. Name a later time, or leave it out."
        }
    }

    /// What is wrong with the arguments, for people; nil if nothing is.
    static func problem(of command: StatsCommand) -> String? {
        let actions = [
            (command.annotate, "--annotate"), (command.reset, "--reset"), (command.html != nil, "--html"),
        ].filter(\.0).map(\.1)
        if actions.count > 1 { return "\(actions[0]) and \(actions[1]) exclude each other: give one of them." }
        if command.reset {
            return unused("--reset forgets all lookups, and so takes no", given(command, Argument.allCases))
        }
        if command.annotate {
            return unused(
                "--annotate shows the lookups of this build, and so takes no",
                given(command, Argument.allCases)
            )
        }
        if command.html != nil {
            return unused(
                "--html writes a page with everything, and so takes no",
                given(command, [.by, .format, .output])
            )
        }
        if command.format == .prometheus {
            // A counter that a monitoring system reads must never go back, and old lookups fall out of such a span.
            return unused(
                "--format prometheus prints counters that only ever grow, and so takes no",
                given(command, [.since, .until, .by, .branch])
            )
        }
        return nil
    }

    private enum Argument: String, CaseIterable {
        case since, until, image, pipeline, branch, by, format, output
        case maximumSize = "max-size"
    }

    private static func given(_ command: StatsCommand, _ arguments: [Argument]) -> Argument? {
        arguments.first { argument in
            switch argument {
            case .since: command.since != nil
            case .until: command.until != nil
            case .image: command.image != nil
            case .pipeline: command.pipeline != nil
            case .branch: command.branch != nil
            case .by: command.by != nil
            case .format: command.format != .text
            case .output: command.output != nil
            case .maximumSize: command.maximumSize != nil
            }
        }
    }

    private static func unused(_ reason: String, _ argument: Argument?) -> String? {
        argument.map { "\(reason) --\($0.rawValue)." }
    }
}
