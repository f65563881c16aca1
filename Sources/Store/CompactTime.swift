/// A moment as `20261123T184500Z`, for names of files.
struct CompactTime: CustomStringConvertible {
    let description: String

    /// - Parameter milliseconds: since 1970, UTC.
    init(milliseconds: Int64) {
        let seconds = Self.floorDivide(milliseconds, 1_000)
        let days = Self.floorDivide(seconds, 86_400)
        let time = seconds - days * 86_400

        // From days to year, month and day: years begin in March, so that the leap day is their last
        // (Howard Hinnant, https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
        let shifted = days + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        let date = Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(day, 2)
        let clock = Self.padded(time / 3_600, 2) + Self.padded(time / 60 % 60, 2) + Self.padded(time % 60, 2)
        description = date + "T" + clock + "Z"
    }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
