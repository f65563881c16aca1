/// A set of characters, as written in brackets in a regular expression.
struct ScalarSet: Equatable, Sendable {
    /// The last code point.
    static let last: UInt32 = 0x10FFFF

    var ranges: [ClosedRange<UInt32>] = []
    /// Unicode general categories by their first letter, each either as is or complemented.
    var categories: [Category] = []
    var isNegated = false

    struct Category: Equatable, Sendable {
        let letter: Character
        let isNegated: Bool
    }

    static func range(_ low: UInt32, _ high: UInt32) -> ScalarSet {
        ScalarSet(ranges: [low...high])
    }

    /// The set that `.` matches: any character but a line feed.
    static let anyButNewline = ScalarSet(ranges: [10...10], isNegated: true)

    func contains(_ scalar: UInt32) -> Bool {
        let isMember =
            ranges.contains { $0.contains(scalar) }
            || categories.contains { Self.category(of: scalar) == $0.letter ? !$0.isNegated : $0.isNegated }
        return isMember != isNegated
    }

    mutating func formUnion(_ other: ScalarSet) {
        categories += other.categories.map {
            Category(letter: $0.letter, isNegated: $0.isNegated != other.isNegated)
        }
        ranges += other.isNegated ? Self.complement(of: other.ranges) : other.ranges
    }

    /// - Parameter ranges: sorted, without overlaps.
    private static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var next: UInt32 = 0
        var result: [ClosedRange<UInt32>] = []
        for range in ranges {
            if range.lowerBound > next {
                result.append(next...range.lowerBound - 1)
            }
            next = range.upperBound + 1
        }
        if next <= last {
            result.append(next...last)
        }
        return result
    }

    /// Returns the first letter of the general category. Go's class C excludes unassigned code points.
    private static func category(of scalar: UInt32) -> Character? {
        guard let category = Unicode.Scalar(scalar)?.properties.generalCategory else {
            return nil
        }
        switch category {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return "L"
        case .nonspacingMark, .spacingMark, .enclosingMark: return "M"
        case .decimalNumber, .letterNumber, .otherNumber: return "N"
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return "P"
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: return "S"
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return "Z"
        case .control, .format, .surrogate, .privateUse: return "C"
        case .unassigned: return nil
        @unknown default: return nil
        }
    }

    /// Returns a named set of Perl (`d`, `s`, `w`) or POSIX (`alpha` …). All of them are ASCII only.
    static func named(_ name: String) -> ScalarSet? {
        let text: [String: String] = [
            "d": "09", "s": "\t\n\u{C}\r  ", "w": "09AZ__az",
            "alnum": "09AZaz", "alpha": "AZaz", "ascii": "\u{0}\u{7F}", "blank": "\t\t  ",
            "cntrl": "\u{0}\u{1F}\u{7F}\u{7F}", "digit": "09", "graph": "!~", "lower": "az", "print": " ~",
            "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "word": "09AZ__az", "xdigit": "09AFaf",
        ]
        guard let bounds = text[name]?.unicodeScalars.map(\.value) else {
            return nil
        }
        return ScalarSet(ranges: stride(from: 0, to: bounds.count, by: 2).map { bounds[$0]...bounds[$0 + 1] })
    }
}
