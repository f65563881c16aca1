/// Splits a string into words as a POSIX shell does, with its quotes and backslashes but without expansion.
///
/// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
package enum ShellWords {
    /// A quote that is never closed, or a backslash with nothing after it.
    package enum SplitError: Error, Equatable, CustomStringConvertible {
        case unclosedQuote(Character)
        case trailingBackslash

        package var description: String {
            switch self {
            case .unclosedQuote(let quote): "the quote \(quote) is opened and never closed"
            case .trailingBackslash: "there is nothing after the backslash at its end"
            }
        }
    }

    /// Returns the words of `text`. Empty quotes are an empty word.
    package static func split(_ text: String) throws(SplitError) -> [String] {
        var words: [String] = []
        var word: String?
        var characters = text.unicodeScalars.makeIterator()
        while let character = characters.next() {
            switch character {
            case " ", "\t", "\n", "\r":
                if let finished = word { words.append(finished) }
                word = nil
            case "'":
                var quoted = ""
                var isClosed = false
                while let next = characters.next() {
                    if next == "'" {
                        isClosed = true
                        break
                    }
                    quoted.unicodeScalars.append(next)
                }
                guard isClosed else { throw .unclosedQuote("'") }
                word = (word ?? "") + quoted
            case "\"":
                word = (word ?? "") + (try doubleQuoted(&characters))
            case "\\":
                guard let next = characters.next() else { throw .trailingBackslash }
                // A backslash before a line feed joins the lines.
                if next != "\n" { word = (word ?? "") + String(next) }
            default:
                word = (word ?? "") + String(character)
            }
        }
        if let finished = word { words.append(finished) }
        return words
    }

    private static func doubleQuoted(
        _ characters: inout String.UnicodeScalarView.Iterator
    ) throws(SplitError) -> String {
        var quoted = ""
        while let character = characters.next() {
            switch character {
            case "\"":
                return quoted
            case "\\":
                guard let next = characters.next() else { throw .unclosedQuote("\"") }
                // Between double quotes a backslash escapes only these.
                if next == "\n" { continue }
                if !["$", "`", "\"", "\\"].contains(next) { quoted += "\\" }
                quoted.unicodeScalars.append(next)
            default:
                quoted.unicodeScalars.append(character)
            }
        }
        throw .unclosedQuote("\"")
    }
}
