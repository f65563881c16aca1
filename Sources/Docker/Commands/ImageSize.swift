import Formatting

/// How much of the disk an image takes, layers that it shares with others included.
enum ImageSize {
    /// Reads what `docker image ls` shows, such as `6.01MB`: a number with four digits at most, and decimal units. Nil
    /// if it is not of that form.
    static func bytes(_ text: some StringProtocol) -> Int64? {
        guard let (number, unit) = ByteCount.numberAndUnit(text), number < 10_000,
            let power = units.firstIndex(of: unit)
        else { return nil }
        return Int64(number * factors[power])
    }

    private static let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    private static let factors: [Double] = [1, 1e3, 1e6, 1e9, 1e12, 1e15]

    /// With containerd's image store `docker image inspect` counts an image as it is packed, and `docker image ls` as
    /// it is on the disk, packed and unpacked. Otherwise both say the same, and the former is exact.
    ///
    /// - Parameter listed: nil if it is not known
    static func onDisk(inspected: Int64, listed: Int64?) -> Int64 {
        guard let listed, Double(listed) > Double(inspected) * 1.01 else { return inspected }
        return listed
    }
}
