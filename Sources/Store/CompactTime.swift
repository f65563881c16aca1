/// A moment as `20261123T184500Z`, for names of files.
struct CompactTime: CustomStringConvertible {
    let description: String

    /// - Parameter milliseconds: since 1970, UTC.
    init(milliseconds: Int64) {
        let seconds = CivilDate.floorDivide(milliseconds, 1_000)
        let days = CivilDate.floorDivide(seconds, 86_400)
        let time = seconds - days * 86_400
        let day = CivilDate(daysSince1970: days)
        let date = CivilDate.padded(day.year, 4) + CivilDate.padded(day.month, 2) + CivilDate.padded(day.day, 2)
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { CivilDate.padded($0, 2) }.joined()
        description = date + "T" + clock + "Z"
    }
}
