import ArgumentParser
import Formatting
import Store

/// A point in time as it is given to `stats`.
enum StatsTime: Equatable {
    /// That many milliseconds ago.
    case ago(Int64)
    /// Milliseconds since 1970.
    case at(Int64)

    private static let day: Int64 = 86_400_000
    private static let units: [Character: Int64] = ["m": 60_000, "h": 3_600_000, "d": day, "w": 7 * day]
    private static let allowed =
        "allowed are 30m, 24h, 7d and 2w for a time ago, a day such as 2026-11-01, and a time such as "
        + "2026-11-01T06:30:00Z"

    /// Reads one of the forms. Throws a `ValidationError` that names them.
    init(argument: String) throws {
        guard let time = Self.ago(argument) ?? Self.at(argument) else { throw ValidationError(Self.allowed + ".") }
        self = time
    }

    /// In milliseconds since 1970.
    func milliseconds(now: Int64) -> Int64 {
        switch self {
        case .ago(let duration): now - duration
        case .at(let time): time
        }
    }

    private static func ago(_ text: String) -> StatsTime? {
        // Five digits are enough for a century in any unit, and overflow nothing.
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
