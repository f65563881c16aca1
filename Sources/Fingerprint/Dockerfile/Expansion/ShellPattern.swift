/// A pattern within `${x#pattern}`, `${x%pattern}` or `${x/pattern/y}`: `*`, `?` and literal characters.
struct ShellPattern {
    private enum Element: Equatable {
        case scalar(Unicode.Scalar)
        case any
        case star
    }

    private let elements: [Element]

    init(_ pattern: [UInt8]) throws(ShellError) {
        var elements: [Element] = []
        var rest = Array(DockerfileText.string(pattern).unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": elements.append(.star)
            case "?": elements.append(.any)
            case "\\":
                // These must be escaped within braces, and the escape is not part of the pattern.
                if rest.first == "}" || rest.first == "/" {
                    continue
                }
                guard let next = rest.popFirst(), ["*", "?", "\\"].contains(next) else {
                    throw ShellError("a pattern with an escape that means nothing")
                }
                elements.append(.scalar(next))
            default: elements.append(.scalar(scalar))
            }
        }
        self.elements = elements
    }

    /// Returns `value` without the matching part at its beginning or end.
    func trimmed(_ value: [UInt8], fromEnd: Bool, greedily isGreedy: Bool) throws(ShellError) -> [UInt8] {
        var scalars = try Self.scalars(of: value)
        if fromEnd { scalars.reverse() }
        guard let end = Self.end(of: fromEnd ? elements.reversed() : elements, in: scalars[...], isGreedy: isGreedy)
        else {
            return value
        }
        let kept = scalars[end...]
        return Self.bytes(of: fromEnd ? kept.reversed() : Array(kept))
    }

    /// Returns `value` with the first matching part, or all of them, replaced.
    func replaced(
        in value: [UInt8],
        with replacement: [UInt8],
        everywhere isEverywhere: Bool
    ) throws(ShellError) -> [UInt8] {
        let scalars = try Self.scalars(of: value)
        // Go expands dollar signs in the replacement, and only if all matches are replaced.
        guard !isEverywhere || !replacement.contains(DockerfileText.dollar) else {
            throw ShellError("a replacement with a dollar sign")
        }
        guard elements.contains(where: { $0 != .star }) else {
            throw ShellError("a pattern that matches nothing at all")
        }
        var result: [UInt8] = []
        var position = 0
        while position < scalars.count {
            if let end = Self.end(of: elements, in: scalars[position...], isGreedy: true) {
                result += replacement
                position = end
                if !isEverywhere { break }
            } else {
                result += Array(String(scalars[position]).utf8)
                position += 1
            }
        }
        return result + Self.bytes(of: Array(scalars[position...]))
    }

    private static func scalars(of value: [UInt8]) throws(ShellError) -> [Unicode.Scalar] {
        // In Go's regular expressions, `*` stops at the end of a line.
        guard !value.contains(0x0A) else {
            throw ShellError("a pattern applied to several lines")
        }
        return Array(DockerfileText.string(value).unicodeScalars)
    }

    private static func bytes(of scalars: [Unicode.Scalar]) -> [UInt8] {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return Array(text.utf8)
    }

    /// Returns where the match at the beginning of `text` ends. If there are several matches, the first star decides.
    private static func end(
        of elements: [Element],
        in text: ArraySlice<Unicode.Scalar>,
        isGreedy: Bool
    ) -> Int? {
        // From the last element to the first: where a match of the remaining elements ends, for each position at which
        // it may begin. Each pair of element and position is visited only once, however many stars there are.
        var ends: [Int?] = (text.startIndex...text.endIndex).map { $0 }
        for element in elements.reversed() {
            var next: [Int?] = Array(repeating: nil, count: ends.count)
            var found: Int?
            for offset in ends.indices.reversed() {
                switch element {
                case .star:
                    // On this backward pass, the longest match is found first and the shortest last.
                    if let end = ends[offset], !isGreedy || found == nil { found = end }
                    next[offset] = found
                case .any, .scalar:
                    let position = text.startIndex + offset
                    guard position < text.endIndex else { continue }
                    if element == .any || element == .scalar(text[position]) { next[offset] = ends[offset + 1] }
                }
            }
            ends = next
        }
        return ends[0]
    }
}
