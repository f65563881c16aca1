/// A number of bytes, for people.
enum FileSize {
    /// Such as `512 bytes`, `1.5 MB` or `12 GB`, in powers of a thousand.
    static func text(_ bytes: Int64) -> String {
        guard bytes >= 1_000 else { return "\(bytes) bytes" }
        var (value, unit) = (Double(bytes), 0)
        while value >= 999.5, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        let tenths = Int64((value * 10).rounded())
        let number = tenths < 100 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10)" : "\(Int64(value.rounded()))"
        return "\(number) \(units[unit])"
    }

    private static let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
}
