/// Formats amounts for people.
package enum Quantity {
    /// A number of things, such as `1 file` and `2 files`.
    package static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// How long ago a time was, both in milliseconds since 1970. Up to a minute in the future is shown as now.
    package static func age(_ time: Int64, now: Int64) -> String {
        let age = now - time
        // The clocks of two machines differ slightly, as does one clock before and after an adjustment.
        return age < -60_000 ? "\(duration(-age)) ahead of now" : "\(duration(max(0, age))) ago"
    }

    /// A share in whole percent.
    package static func percent(_ share: Double) -> String {
        "\(Int((share * 100).rounded()))%"
    }

    /// A duration in milliseconds: hundredths of seconds below ten seconds, tenths below a minute, then minutes or
    /// hours, and from a hundred hours on days.
    package static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<10_000:
            let hundredths = (milliseconds + 5) / 10
            return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
        case ..<60_000:
            return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        case ..<3_600_000:
            return "\(milliseconds / 60_000) min \(milliseconds % 60_000 / 1000) s"
        case ..<360_000_000:
            return "\(milliseconds / 3_600_000) h \(milliseconds % 3_600_000 / 60_000) min"
        default:
            return "\(milliseconds / 86_400_000) d \(milliseconds % 86_400_000 / 3_600_000) h"
        }
    }

    /// A size in bytes with three digits, in the units that docker uses: 1 kB is 1000 B. Rounded down: a size just
    /// below a limit must not look as if it had reached it.
    package static func bytes(_ bytes: Int64) -> String {
        var unit: Int64 = 1
        var name = "B"
        for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] where bytes / unit >= 1000 {
            unit *= 1000
            name = larger
        }
        let whole = bytes / unit
        let thousandths = unit == 1 ? 0 : bytes % unit / (unit / 1000)
        switch whole {
        case _ where unit == 1, 100...: return "\(whole) \(name)"
        case 10...: return "\(whole).\(thousandths / 100) \(name)"
        default: return "\(whole).\(thousandths < 100 ? "0" : "")\(thousandths / 10) \(name)"
        }
    }
}

/// A size as people write it: `500MB`, `20GB`, `1.5TB`, `10GiB`, or a number of bytes.
package enum ByteCount {
    /// Decimal units as in docker's output, binary ones with an `i`. Case is ignored, and the B is optional.
    private static let units: [String: Int64] = [
        "": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000,
        "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
    ]

    /// The number of bytes; nil if `text` has no allowed form.
    package static func bytes(_ text: String) -> Int64? {
        guard let (value, rest) = numberAndUnit(text) else { return nil }
        var unit = rest.lowercased()
        if unit.hasSuffix("b") { unit.removeLast() }
        guard let factor = units[unit] else { return nil }
        let bytes = value * Double(factor)
        return bytes >= 1 && bytes < 9e18 ? Int64(bytes) : nil
    }

    /// The number at the beginning of a string, and the rest; nil if there is no number.
    package static func numberAndUnit(_ text: some StringProtocol) -> (number: Double, unit: String)? {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        guard let first = digits.first, first != ".", digits.last != ".", let number = Double(digits) else {
            return nil
        }
        return (number, String(text.dropFirst(digits.count)))
    }
}
