/// A size as people write it: `500MB`, `20GB`, `1.5TB`, `10GiB`, or a number of bytes.
package enum ByteCount {
    /// Decimal as in docker's own output, binary with an `i`; in any case of letters, and the B may be left out.
    private static let units: [String: Int64] = [
        "": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000,
        "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
    ]

    /// The bytes of a text; nil if it is none that is allowed.
    package static func bytes(_ text: String) -> Int64? {
        guard let (value, rest) = numberAndUnit(text) else { return nil }
        var unit = rest.lowercased()
        if unit.hasSuffix("b") { unit.removeLast() }
        guard let factor = units[unit] else { return nil }
        let bytes = value * Double(factor)
        return bytes >= 1 && bytes < 9e18 ? Int64(bytes) : nil
    }

    /// The number that a text begins with, and what follows it; nil where there is none.
    package static func numberAndUnit(_ text: some StringProtocol) -> (number: Double, unit: String)? {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        guard let first = digits.first, first != ".", digits.last != ".", let number = Double(digits) else {
            return nil
        }
        return (number, String(text.dropFirst(digits.count)))
    }
}
