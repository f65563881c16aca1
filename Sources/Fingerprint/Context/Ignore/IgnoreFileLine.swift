/// One pattern of an ignore file, before it is compiled.
struct IgnoreFileLine: Equatable {
    /// The number of the line; the first line is 1.
    let number: Int
    /// The line's content, trimmed.
    let text: [UInt8]
    /// Whether the line begins with `!`.
    let isException: Bool
    /// The cleaned pattern, without `!` and without a leading slash. Empty for a lone `!`.
    let pattern: [UInt8]
    /// Whether the line is longer than Docker can read.
    let isTooLong: Bool

    /// Returns the line that the legacy builder's client adds for an excluded Dockerfile. The daemon removes the file
    /// again, but the directories created for it remain. The file is kept here, because its bytes are part of the key
    /// anyway.
    static func keeping(_ dockerfile: [UInt8]) -> IgnoreFileLine {
        let text = Array("!".utf8) + dockerfile
        return IgnoreFileLine(number: 0, text: text, isException: true, pattern: dockerfile, isTooLong: false)
    }

    /// The longest line that Go's `bufio.Scanner` returns, in bytes.
    static let maximumLength = 65_535

    /// Returns the lines that hold patterns, without comments and empty lines. The rules are those of moby's
    /// `ignorefile.ReadAll` followed by `patternmatcher.New`.
    static func all(in content: [UInt8]) -> [IgnoreFileLine] {
        var lines: [IgnoreFileLine] = []
        var rest = content[...]
        var number = 0
        while !rest.isEmpty {
            var line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            number += 1
            if line.count > maximumLength {
                // Docker stops here, so what follows does not matter.
                lines.append(.init(number: number, text: Array(line), isException: false, pattern: [], isTooLong: true))
                break
            }
            if line.last == UInt8(ascii: "\r") {
                line = line.dropLast()
            }
            if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) {
                line = line.dropFirst(3)
            }
            // A `#` after white space begins a pattern, not a comment.
            guard line.first != UInt8(ascii: "#"), let parsed = parse(GoPath.trimmed(line), number: number) else {
                continue
            }
            lines.append(parsed)
        }
        return lines
    }

    private static func parse(_ text: ArraySlice<UInt8>, number: Int) -> IgnoreFileLine? {
        guard let first = text.first else {
            return nil
        }
        let exclamationMark = UInt8(ascii: "!")
        var pattern = first == exclamationMark ? Array(GoPath.trimmed(text.dropFirst())) : Array(text)
        if !pattern.isEmpty {
            pattern = GoPath.cleaned(pattern)
            if pattern.count > 1, pattern[0] == UInt8(ascii: "/") {
                pattern.removeFirst()
            }
        }
        // Docker trims and cleans the list a second time, now with the leading `!`: `!/` becomes a lone `!`.
        var entry = first == exclamationMark ? [exclamationMark] + pattern : pattern
        entry = GoPath.cleaned(Array(GoPath.trimmed(entry[...])))
        let isException = entry.first == exclamationMark
        return IgnoreFileLine(
            number: number,
            text: Array(text),
            isException: isException,
            pattern: isException ? Array(entry.dropFirst()) : entry,
            isTooLong: false
        )
    }
}
