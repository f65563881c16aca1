import ArgumentParser
import Formatting
import Options
import Statistics
import Store

/// The rules for combining arguments of `stats`.
enum StatsUsage: ErrorWithExitStatus, CustomStringConvertible {
    /// The span ends before it begins.
    case emptySpan

    var exitStatus: Int32 { ExitStatus.usage }

    var description: String {
        switch self {
        case .emptySpan:
            "--until is not after --since, so there is nothing to count. Name a later time, or leave it out."
        }
    }

    /// The problem with the arguments, as a message; nil if there is none.
    static func problem(of command: StatsCommand) -> String? {
        let actions = [
            (command.annotate, "--annotate"), (command.reset, "--reset"), (command.html != nil, "--html"),
        ].filter(\.0).map(\.1)
        if actions.count > 1 { return "\(actions[0]) and \(actions[1]) exclude each other: give one of them." }
        if !actions.isEmpty, actions != ["--html"], command.sources.indexes.count > 1 {
            return "\(actions[0]) takes one --index."
        }
        if command.reset {
            return unused("--reset forgets all lookups, and so takes no", given(command, Argument.allCases))
        }
        if command.annotate {
            return unused(
                "--annotate shows the lookups of this job, and so takes no",
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
            // A counter that a monitoring system reads must never decrease, but old lookups leave such a span.
            return unused(
                "--format prometheus prints counters that only ever grow, and so takes no",
                given(command, [.since, .until, .by, .branch])
            )
                ?? unused(
                    "--format prometheus prints what JSON does not have, and so takes no",
                    given(command, [.merge])
                )
        }
        return nil
    }

    private enum Argument: String, CaseIterable {
        case since, until, image, pipeline, branch, by, format, output, merge
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
            case .merge: !command.sources.merge.isEmpty
            case .maximumSize: command.maximumSize != nil
            }
        }
    }

    private static func unused(_ reason: String, _ argument: Argument?) -> String? {
        argument.map { "\(reason) --\($0.rawValue)." }
    }
}

/// A point in time as given to `stats`.
enum StatsTime: Equatable {
    /// A number of milliseconds ago.
    case ago(Int64)
    /// Milliseconds since 1970.
    case at(Int64)

    private static let day: Int64 = 86_400_000
    private static let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": day, "w": 7 * day]
    private static let allowed =
        "expected 30m, 24h, 7d or 2w for a time ago, a day such as 2026-11-01, or a time such as "
        + "2026-11-01T06:30:00Z"

    /// Parses one of the forms. Throws a `ValidationError` that lists them.
    init(argument: String) throws {
        guard let time = Self.ago(argument) ?? Self.at(argument) else { throw ValidationError(Self.allowed + ".") }
        self = time
    }

    /// The time in milliseconds since 1970.
    func milliseconds(now: Int64) -> Int64 {
        switch self {
        case .ago(let duration): now - duration
        case .at(let time): time
        }
    }

    private static func ago(_ text: String) -> StatsTime? {
        // Five digits cannot overflow in any unit.
        let digits = text.utf8.dropLast()
        guard let unit = text.last.flatMap({ units[$0] }), (1...5).contains(digits.count),
            digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let number = Int64(String(text.dropLast())), number > 0
        else { return nil }
        return .ago(number * unit)
    }

    private static func at(_ text: String) -> StatsTime? {
        guard let days = Timestamp.days(String(text.prefix(10))) else { return nil }
        if text.count == 10 { return .at(days * day) }
        return Timestamp.milliseconds(text).map(StatsTime.at)
    }
}
