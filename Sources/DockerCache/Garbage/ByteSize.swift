/// A number of bytes as people write it.
enum ByteSize {
    /// Bytes of a text such as `20GB`, `1.5 GiB`, `500m` or `1024`: powers of 1000 (kB, MB, GB, TB), of 1024 (KiB, MiB,
    /// GiB, TiB). Nil if it is not of that form.
    static func bytes(_ text: String) -> Int64? {
        let trimmed = text.filter { $0 != " " }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), let factor = factors[trimmed.dropFirst(digits.count).lowercased()] else {
            return nil
        }
        let bytes = number * factor
        return bytes.isFinite && bytes < 9e18 ? Int64(bytes) : nil
    }

    private static let factors: [String: Double] = [
        "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
        "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]

    /// As docker shows sizes: `512B`, `1.23kB`, `45.6MB`, `1.23GB`.
    static func text(_ bytes: Int64) -> String {
        var number = Double(bytes)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        while number >= 1000, unit < units.count - 1 {
            number /= 1000
            unit += 1
        }
        guard unit > 0 else { return "\(bytes)B" }
        let hundredths = Int((number * 100).rounded())
        let decimals =
            number >= 100 ? "" : number >= 10 ? ".\(hundredths / 10 % 10)" : ".\(padded(hundredths % 100))"
        return "\(Int(number))\(decimals)\(units[unit])"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
