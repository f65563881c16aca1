/// One pattern of an ignore file, before it is looked at more closely.
struct IgnoreFileLine: Equatable {
    /// The number of the line; the first line is 1.
    let number: Int
    /// What stands there, trimmed.
    let text: [UInt8]
    /// A leading `!` was there.
    let isException: Bool
    /// Cleaned, without `!` and without a leading slash. Empty for a lone `!`.
    let pattern: [UInt8]
    /// Longer than Docker can read.
    let isTooLong: Bool

    /// The line that the client of the legacy builder adds for a Dockerfile that is excluded. The daemon takes the file
    /// out again, but the directories made for it stay. It is left in here: its bytes belong to the key anyway.
    static func keeping(_ dockerfile: [UInt8]) -> IgnoreFileLine {
        let text = Array("!".utf8) + dockerfile
        return IgnoreFileLine(number: 0, text: text, isException: true, pattern: dockerfile, isTooLong: false)
    }

    /// The longest line that Go's `bufio.Scanner` hands on.
    static let maximumLength = 65_535

    /// The lines that hold patterns: comments and empty lines are left out. The rules are those of moby's
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
                // Docker gives up here, so what follows does not matter.
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
        // The list is trimmed and cleaned once more, now with the `!` in front: `!/` becomes a lone `!`.
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
