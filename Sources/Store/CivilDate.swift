/// A day of the Gregorian calendar, UTC.
///
/// Years begin in March here, so that the leap day is their last
/// (Howard Hinnant, https://howardhinnant.github.io/date_algorithms.html).
package struct CivilDate: Equatable, Sendable {
    package let year: Int64
    /// 1 to 12.
    package let month: Int64
    /// 1 to 31.
    package let day: Int64

    private static let daysInEra: Int64 = 146_097
    /// From 1 March of the year 0 to 1 January 1970.
    private static let shift: Int64 = 719_468

    /// The day that lies `days` days after 1 January 1970.
    package init(daysSince1970 days: Int64) {
        let shifted = days + Self.shift
        let era = Self.floorDivide(shifted, Self.daysInEra)
        let dayOfEra = shifted - era * Self.daysInEra
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Reads `2026-11-01`. Nil if it is not of that form, or no day.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy(digits.contains) }) else { return nil }
        let numbers = parts.map { $0.reduce(Int64(0)) { $0 * 10 + Int64($1 - digits.lowerBound) } }
        // What comes back as something else, such as 30 February, was no day.
        let date = CivilDate(daysSince1970: Self.days(year: numbers[0], month: numbers[1], day: numbers[2]))
        guard [date.year, date.month, date.day] == numbers else { return nil }
        self = date
    }

    /// Days since 1 January 1970.
    package var daysSince1970: Int64 {
        Self.days(year: year, month: month, day: day)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * daysInEra + dayOfEra - shift
    }

    static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }

    static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension CivilDate: CustomStringConvertible {
    /// As `2026-11-01`.
    package var description: String {
        [Self.padded(year, 4), Self.padded(month, 2), Self.padded(day, 2)].joined(separator: "-")
    }
}
