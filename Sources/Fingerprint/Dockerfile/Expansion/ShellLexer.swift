/// Replaces the variables in a word and removes quotes and escapes, by the rules of BuildKit's `shell.Lex`, which
/// differ slightly from those of a shell.
///
/// https://docs.docker.com/reference/dockerfile/#environment-replacement
struct ShellLexer<Variables: ShellVariables> {
    var variables: Variables
    /// Whether quotes are kept.
    var keepsQuotes = false
    /// Whether escapes are kept.
    var keepsEscapes = false
    /// Whether references to unset variables are kept as written.
    var keepsUnset = false
    var rest: ArraySlice<UInt8>
    let escape: UInt8
    /// The current word. All levels share it: a word within `${x:-word}` discards the outer one, as in BuildKit.
    private var word: [UInt8] = []
    /// The nesting depth of the current `${x:-…}`.
    private var depth = 0

    /// The maximum depth. Real Dockerfiles need less, and each level uses stack space.
    private static var deepest: Int { 100 }

    init(text: [UInt8], escape: UInt8, variables: Variables) {
        rest = text[...]
        self.escape = escape
        self.variables = variables
    }

    /// Returns `text` with its variables replaced.
    static func expand(
        _ text: [UInt8],
        escape: UInt8,
        variables: inout Variables
    ) throws(ShellError) -> [UInt8] {
        guard text.contains(where: { $0 == DockerfileText.dollar || $0 == escape || $0 == 0x22 || $0 == 0x27 }) else {
            return text
        }
        var lexer = ShellLexer(text: text, escape: escape, variables: variables)
        defer { variables = lexer.variables }
        return try lexer.process(until: nil).text
    }

    /// Returns the words, after replacement.
    mutating func words() throws(ShellError) -> [[UInt8]] { try process(until: nil).words }

    /// Reads up to `stop`, which is consumed too.
    mutating func process(until stop: UInt8?) throws(ShellError) -> (text: [UInt8], words: [[UInt8]]) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw ShellError("more than \(Self.deepest) variables lie within each other")
        }
        var text: [UInt8] = []
        var words: [[UInt8]] = []
        var isInWord = false
        word = []

        func finish() -> (text: [UInt8], words: [[UInt8]]) {
            if !word.isEmpty { words.append(word) }
            word = []
            return (text, words)
        }

        while let byte = rest.first {
            if byte == stop {
                rest.removeFirst()
                return finish()
            }
            switch byte {
            case DockerfileText.dollar:
                let value = try dollar()
                text += value
                for byte in value { add(byte, to: &words, isInWord: &isInWord) }
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                let quoted = byte == UInt8(ascii: "'") ? try singleQuoted() : try doubleQuoted()
                text += quoted
                word += quoted
                isInWord = true
            case UInt8(ascii: "<"):
                let opening = possibleHeredoc()
                text += opening
                word += opening
                isInWord = true
            case escape:
                rest.removeFirst()
                if keepsEscapes {
                    text.append(byte)
                    word.append(byte)
                    isInWord = true
                }
                // An escape at the very end is ignored.
                if let next = rest.popFirst() {
                    text.append(next)
                    word.append(next)
                    isInWord = true
                }
            default:
                rest.removeFirst()
                text.append(byte)
                add(byte, to: &words, isInWord: &isInWord)
            }
        }
        guard stop == nil else {
            throw ShellError("a substitution that is not closed")
        }
        return finish()
    }

    private mutating func add(_ byte: UInt8, to words: inout [[UInt8]], isInWord: inout Bool) {
        if !DockerfileText.isSpace(byte) {
            word.append(byte)
            isInWord = true
        } else if isInWord, !word.isEmpty {
            words.append(word)
            word = []
            isInWord = false
        }
    }

    /// Reads `<` or `<<`. White space after `<<` stays in one word with the name of the here-document.
    private mutating func possibleHeredoc() -> [UInt8] {
        rest.removeFirst()
        guard rest.first == UInt8(ascii: "<") else {
            return [UInt8(ascii: "<")]
        }
        rest.removeFirst()
        let space = rest.prefix { $0 == 0x09 || $0 == 0x0D || $0 == 0x20 }
        rest = rest.dropFirst(space.count)
        return [UInt8(ascii: "<"), UInt8(ascii: "<")] + space
    }

    private mutating func singleQuoted() throws(ShellError) -> [UInt8] {
        let quote = rest.removeFirst()
        guard let end = rest.firstIndex(of: quote) else {
            throw ShellError("a single quote that is not closed")
        }
        let quoted = Array(rest[..<end])
        rest = rest[(end + 1)...]
        return keepsQuotes ? [quote] + quoted + [quote] : quoted
    }

    private mutating func doubleQuoted() throws(ShellError) -> [UInt8] {
        let quote = rest.removeFirst()
        var text: [UInt8] = keepsQuotes ? [quote] : []
        while let byte = rest.first {
            switch byte {
            case quote:
                rest.removeFirst()
                return keepsQuotes ? text + [quote] : text
            case DockerfileText.dollar:
                text += try dollar()
            case escape:
                rest.removeFirst()
                if keepsEscapes { text.append(byte) }
                // Before any other character, the escape is a literal.
                if let next = rest.first {
                    if next == quote || next == DockerfileText.dollar || next == escape {
                        text.append(rest.removeFirst())
                    } else {
                        text.append(byte)
                    }
                }
            default:
                text.append(rest.removeFirst())
            }
        }
        throw ShellError("a double quote that is not closed")
    }
}

/// The reason why a word has no certain value: it is malformed, or depends on something unknown before the build.
struct ShellError: Error, Equatable {
    let problem: String

    init(_ problem: String) { self.problem = problem }

    /// BuildKit in Docker 26 computes all values before it sets the first; in Docker 28, one by one (tested).
    static func usesArgumentOfSameInstruction(_ name: [UInt8]) -> ShellError {
        ShellError("the default of \(DockerfileText.string(name)) uses an argument of the same instruction")
    }
}

/// The source of the values of a word's variables.
protocol ShellVariables {
    /// Returns the value; nil if the variable is not set, which `${x-y}` distinguishes from empty. Throws if the value
    /// is unknown.
    mutating func value(of name: [UInt8]) throws(ShellError) -> [UInt8]?
}

/// Variables for words in which they do not matter: none is set.
struct NoVariables: ShellVariables {
    func value(of name: [UInt8]) -> [UInt8]? { nil }
}
