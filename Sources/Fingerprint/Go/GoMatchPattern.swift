/// A pattern of Go's `filepath.Match`, on bytes and without escapes: `*`, `?` and `[…]`.
struct GoMatchPattern: Equatable {
    private enum Element: Equatable {
        case byte(UInt8)
        case any
        case star
        case range([ClosedRange<UInt32>], isNegated: Bool)
    }

    private let elements: [Element]

    private init(elements: [Element]) { self.elements = elements }

    /// Returns nil if the pattern is malformed, or contains an escape.
    init?(_ pattern: some Collection<UInt8>) {
        var elements: [Element] = []
        var rest = Array(pattern)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): elements.append(.star)
            case UInt8(ascii: "?"): elements.append(.any)
            case UInt8(ascii: "["):
                guard let range = Self.range(&rest) else {
                    return nil
                }
                elements.append(range)
            case UInt8(ascii: "\\"): return nil
            default: elements.append(.byte(byte))
            }
        }
        self.elements = elements
    }

    /// Whether a path component contains wildcards.
    static func holdsWildcards(_ bytes: some Collection<UInt8>) -> Bool { bytes.contains(where: "*?[".utf8.contains) }

    private static func range(_ rest: inout ArraySlice<UInt8>) -> Element? {
        let isNegated = rest.first == UInt8(ascii: "^")
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        while rest.first != UInt8(ascii: "]") || ranges.isEmpty {
            guard let low = character(&rest) else {
                return nil
            }
            var high = low
            if rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
                guard let end = character(&rest) else {
                    return nil
                }
                high = end
            }
            // An empty range matches nothing.
            if low <= high { ranges.append(low...high) } else { ranges.append(UInt32.max...UInt32.max) }
        }
        rest.removeFirst()
        return .range(ranges, isNegated: isNegated)
    }

    private static func character(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard let first = rest.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "]"),
            first != UInt8(ascii: "\\")
        else {
            return nil
        }
        let (rune, length) = rune(at: rest)
        rest = rest.dropFirst(length)
        return rest.isEmpty ? nil : rune
    }

    /// Returns the first rune of `bytes`, which must not be empty. A byte that begins no valid sequence becomes U+FFFD.
    private static func rune(at bytes: ArraySlice<UInt8>) -> (rune: UInt32, length: Int) {
        let rune = GoRunes.decode(Array(bytes.prefix(4))).first ?? GoRunes.replacement
        switch rune {
        case GoRunes.replacement where !bytes.starts(with: [0xEF, 0xBF, 0xBD]): return (rune, 1)
        case ..<0x80: return (rune, 1)
        case ..<0x800: return (rune, 2)
        case ..<0x10000: return (rune, 3)
        default: return (rune, 4)
        }
    }

    /// The patterns of the components; nil if an element other than a slash can match a slash, as `[^a]` can in Go.
    var components: [GoMatchPattern]? {
        let slash = UInt32(UInt8(ascii: "/"))
        for case .range(let ranges, let isNegated) in elements
        where isNegated != ranges.contains(where: { $0.contains(slash) }) {
            return nil
        }
        return elements.split(separator: .byte(UInt8(ascii: "/"))).map { GoMatchPattern(elements: Array($0)) }
    }

    /// Whether the pattern matches all of `name`.
    ///
    /// As in Go, each star takes as little as possible, and only the last one is tried again: everything before it has
    /// already matched, and could not match better. So the time is bounded by the product of the two lengths.
    func matches(_ name: [UInt8]) -> Bool {
        var element = 0
        var position = 0
        var retry: (element: Int, position: Int)?
        while element < elements.count || position < name.count {
            if element < elements.count {
                if elements[element] == .star {
                    retry = (element + 1, position)
                    element += 1
                    continue
                }
                if let length = Self.length(of: elements[element], at: name[position...]) {
                    element += 1
                    position += length
                    continue
                }
            }
            // The star advances by bytes, so it may end within a character, but never over a slash.
            guard let last = retry, last.position < name.count, name[last.position] != UInt8(ascii: "/") else {
                return false
            }
            retry = (last.element, last.position + 1)
            (element, position) = (last.element, last.position + 1)
        }
        return true
    }

    /// Returns how many bytes at the beginning of `rest` an element other than a star matches; nil if it does not
    /// match.
    private static func length(of element: Element, at rest: ArraySlice<UInt8>) -> Int? {
        guard let first = rest.first else {
            return nil
        }
        switch element {
        case .star: return nil
        case .byte(let byte): return first == byte ? 1 : nil
        case .any: return first == UInt8(ascii: "/") ? nil : rune(at: rest).length
        case .range(let ranges, let isNegated):
            let (rune, length) = rune(at: rest)
            return ranges.contains { $0.contains(rune) } == isNegated ? nil : length
        }
    }
}
