/// The stages of a Dockerfile, and the arguments declared before the first of them.
struct DockerfileStages: Equatable, Sendable {
    private(set) var globals: [(declaration: ArgumentDeclaration, line: Int)] = []
    private(set) var stages: [DockerfileStage] = []
    /// The numbers of the stages by name, in lower case.
    private(set) var numbers: [[UInt8]: Int] = [:]
    let escape: UInt8

    init(_ file: ParsedDockerfile) throws(DockerfileError) {
        escape = file.directives.escape
        for instruction in file.instructions {
            try Self.check(instruction)
            if instruction.keyword == .from {
                try add(DockerfileStage(number: stages.count, from: instruction))
            } else if !stages.isEmpty {
                stages[stages.count - 1].instructions.append(instruction)
            } else if instruction.keyword == .arg {
                for declaration in try ArgumentDeclaration.all(in: instruction, escape: escape) {
                    globals.append((declaration, instruction.line))
                }
            } else {
                throw DockerfileError(line: instruction.line, problem: "only ARG may stand before the first FROM")
            }
        }
        guard !stages.isEmpty else {
            throw DockerfileError(line: 0, problem: "the Dockerfile has no FROM")
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.stages == right.stages && left.escape == right.escape
            && left.globals.elementsEqual(right.globals) { $0 == $1 }
    }

    private mutating func add(_ stage: DockerfileStage) throws(DockerfileError) {
        if let name = stage.name {
            // If two stages have the same name, its meaning depends on where it is used.
            guard numbers[name] == nil, name != Array("context".utf8) else {
                throw DockerfileError(line: stage.line, problem: "the stage name \(stage.title) is ambiguous")
            }
            numbers[name] = stage.number
        }
        stages.append(stage)
    }

    /// Throws unless everything in the instruction is known, whatever it means.
    static func check(_ instruction: DockerfileInstruction) throws(DockerfileError) {
        func fail(_ problem: String) -> DockerfileError { DockerfileError(line: instruction.line, problem: problem) }

        guard let keyword = instruction.keyword else {
            throw fail("unknown instruction \(DockerfileText.string(instruction.name))")
        }
        for flag in instruction.flags {
            let name = DockerfileText.string(flag.dropFirst(2).prefix { $0 != DockerfileText.equals })
            guard keyword.flags.contains(name), flag.allSatisfy({ $0 < 0x80 }) else {
                throw fail("unknown flag --\(name) of \(keyword.rawValue.uppercased())")
            }
        }
        // Shell text may contain anything. Where words are counted, the separators matter.
        let countsWords =
            [.add, .arg, .copy, .env, .from, .onbuild].contains(keyword)
            || instruction.text.contains(UInt8(ascii: "<"))
        guard !countsWords || !DockerfileText.holdsUnusualSpace(instruction.text) else {
            throw fail("a space that is not ASCII")
        }
        // A builder that does not support here-documents reads their lines as instructions, and fails at the last of
        // them, unless that line is an instruction or belongs to the line above it.
        for heredoc in instruction.heredocs
        where DockerfileKeyword(name: heredoc.name) != nil || endsWithEscape(heredoc.content) {
            throw fail("a here-document that is read as instructions by builders that do not know them")
        }
    }

    private static func endsWithEscape(_ content: [UInt8]) -> Bool {
        for line in content.split(separator: 0x0A).reversed() {
            let text = DockerfileText.trimmed(line)
            guard let last = text.last, text.first != DockerfileText.hash else { continue }
            return last == DockerfileText.backslash || last == UInt8(ascii: "`")
        }
        return false
    }
}

/// One stage, from its `FROM` to the next.
struct DockerfileStage: Equatable, Sendable {
    let number: Int
    /// The line of the `FROM`.
    let line: Int
    /// The base, as written.
    let base: [UInt8]
    /// The value of `--platform`, as written.
    let platform: [UInt8]?
    /// The name in lower case; nil if the stage has none.
    let name: [UInt8]?
    var instructions: [DockerfileInstruction] = []

    init(number: Int, from instruction: DockerfileInstruction) throws(DockerfileError) {
        let words = DockerfileText.words(instruction.arguments)
        self.number = number
        line = instruction.line
        base = words[0]
        platform = instruction.values(ofFlag: "platform").last
        switch words.count {
        case 1 where !words[0].isEmpty:
            name = nil
        case 3 where DockerfileText.lowercased(words[1]) == Array("as".utf8):
            let name = DockerfileText.lowercased(words[2])
            guard Self.isName(name) else {
                throw DockerfileError(
                    line: line,
                    problem: "\(DockerfileText.string(words[2])) is not a valid name for a stage"
                )
            }
            self.name = name
        default:
            throw DockerfileError(line: line, problem: "FROM needs an image, and may have AS and a name")
        }
    }

    private static func isName(_ name: [UInt8]) -> Bool {
        guard let first = name.first, DockerfileText.isLetter(first) else {
            return false
        }
        return name.allSatisfy {
            DockerfileText.isLetter($0) || DockerfileText.isDigit($0) || "-_.".utf8.contains($0)
        }
    }

    /// The name or number, for display.
    var title: String { name.map(DockerfileText.string) ?? "\(number)" }
}

/// One declaration of an `ARG`.
struct ArgumentDeclaration: Equatable, Sendable {
    let name: [UInt8]
    /// The default as written; nil if there is none.
    let defaultValue: [UInt8]?

    static func all(in instruction: DockerfileInstruction, escape: UInt8) throws(DockerfileError) -> [Self] {
        var declarations: [Self] = []
        for word in DockerfileQuotedWords.split(instruction.arguments, escape: escape) {
            let parts = DockerfileText.cut(word, at: DockerfileText.equals)
            let name = parts?.before ?? word
            // A `#` after an argument does not begin a comment: the words after it are names.
            guard !name.isEmpty, !name.contains(where: { "$'\"\\`".utf8.contains($0) }) else {
                throw DockerfileError(
                    line: instruction.line,
                    problem: "\(DockerfileText.string(name)) is no plain name of a variable"
                )
            }
            declarations.append(Self(name: name, defaultValue: parts?.after))
        }
        guard !declarations.isEmpty else {
            throw DockerfileError(line: instruction.line, problem: "ARG needs a name")
        }
        return declarations
    }

    /// Whether nothing in a name needs to be replaced or unquoted.
    static func isPlain(_ name: [UInt8]) -> Bool {
        !name.isEmpty
            && name.allSatisfy { DockerfileText.isLetter($0) || DockerfileText.isDigit($0) || "_.-".utf8.contains($0) }
    }
}

/// One variable that an `ENV` sets.
struct EnvironmentDeclaration: Equatable, Sendable {
    let name: [UInt8]
    /// The value as written.
    let value: [UInt8]

    static func all(in instruction: DockerfileInstruction, escape: UInt8) throws(DockerfileError) -> [Self] {
        let words = DockerfileQuotedWords.split(instruction.arguments, escape: escape)
        guard let first = words.first else {
            throw DockerfileError(line: instruction.line, problem: "ENV needs a name and a value")
        }
        // The old form has a space instead of the equals sign, and the rest of the line is then the value.
        guard first.contains(DockerfileText.equals) else {
            let parts = DockerfileText.words(instruction.arguments, atMost: 2)
            guard parts.count == 2 else {
                throw DockerfileError(line: instruction.line, problem: "ENV needs a name and a value")
            }
            return [try checked(parts[0], parts[1], line: instruction.line)]
        }
        var declarations: [Self] = []
        for word in words {
            guard let (name, value) = DockerfileText.cut(word, at: DockerfileText.equals) else {
                throw DockerfileError(line: instruction.line, problem: "ENV needs name=value, not a name alone")
            }
            declarations.append(try checked(name, value, line: instruction.line))
        }
        return declarations
    }

    private static func checked(_ name: [UInt8], _ value: [UInt8], line: Int) throws(DockerfileError) -> Self {
        guard ArgumentDeclaration.isPlain(name) else {
            throw DockerfileError(line: line, problem: "\(DockerfileText.string(name)) is no plain name of a variable")
        }
        return Self(name: name, value: value)
    }
}
