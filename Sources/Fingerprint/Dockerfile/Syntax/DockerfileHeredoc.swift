/// A here-document of an instruction: `<<EOF`, and the lines up to the one that contains only `EOF`.
struct DockerfileHeredoc: Equatable, Sendable {
    let name: [UInt8]
    /// Whether variables in the content are replaced, because no part of the name was quoted.
    let isExpanded: Bool
    /// Whether it is written as `<<-`, so that tabs at the beginning of lines are removed.
    let dropsTabs: Bool
    /// The lines, as in the file.
    var content: [UInt8] = []

    /// Returns the here-documents that the line of an instruction announces, in order.
    static func announced(in line: [UInt8]) -> [DockerfileHeredoc] {
        // A line that the lexer cannot read announces none. BuildKit ignores the error too.
        var lexer = ShellLexer(text: line, escape: DockerfileText.backslash, variables: NoVariables())
        lexer.keepsQuotes = true
        lexer.keepsEscapes = true
        lexer.keepsUnset = true
        guard let words = try? lexer.words() else {
            return []
        }
        return words.compactMap(DockerfileHeredoc.init(word:))
    }

    /// Returns nil if `word` does not announce a here-document.
    init?(word: [UInt8]) {
        var rest = word.drop(while: DockerfileText.isDigit)
        guard rest.starts(with: [0x3C, 0x3C]) else {
            return nil
        }
        rest = rest.dropFirst(2)
        dropsTabs = rest.first == UInt8(ascii: "-")
        if dropsTabs { rest = rest.dropFirst() }
        rest = rest.drop { DockerfileText.isSpace($0) && $0 != 0x0B }
        guard !rest.isEmpty, !rest.contains(UInt8(ascii: "<")),
            let words = Self.words(Array(rest), keepingQuotes: false), words.count == 1,
            let quoted = Self.words(Array(rest), keepingQuotes: true), quoted.count == 1
        else {
            return nil
        }
        name = words[0]
        isExpanded = Self.quotes(words[0]) == Self.quotes(quoted[0])
    }

    private static func words(_ text: [UInt8], keepingQuotes: Bool) -> [[UInt8]]? {
        var lexer = ShellLexer(text: text, escape: DockerfileText.backslash, variables: NoVariables())
        lexer.keepsUnset = true
        lexer.keepsQuotes = keepingQuotes
        return try? lexer.words()
    }

    private static func quotes(_ word: [UInt8]) -> Int {
        word.count { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") }
    }
}
