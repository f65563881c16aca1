/// The stages of a Dockerfile, and the arguments declared before the first of them.
struct DockerfileStages: Equatable, Sendable {
    private(set) var globals: [(declaration: ArgumentDeclaration, line: Int)] = []
    private(set) var stages: [DockerfileStage] = []
    /// By name, in lower case.
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
            // Which of two a name means depends on where it is used.
            guard numbers[name] == nil, ![Array("scratch".utf8), Array("context".utf8)].contains(name) else {
                throw DockerfileError(line: stage.line, problem: "the stage name \(stage.title) is ambiguous")
            }
            numbers[name] = stage.number
        }
        stages.append(stage)
    }

    /// Whether everything in the instruction is known, whatever it means.
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
        // Text of a shell may hold what it likes; where words are counted, it matters what separates them.
        let countsWords =
            [.add, .arg, .copy, .env, .from, .onbuild].contains(keyword)
            || instruction.text.contains(UInt8(ascii: "<"))
        guard !countsWords || !DockerfileText.holdsUnusualSpace(instruction.text) else {
            throw fail("a space that is not ASCII")
        }
        // A builder that does not know here-documents reads their lines as instructions. Unless they are, it stops.
        for heredoc in instruction.heredocs
        where DockerfileKeyword(name: heredoc.name) != nil || beginsWithKeyword(heredoc.content) {
            throw fail("a here-document that holds instructions")
        }
    }

    private static func beginsWithKeyword(_ content: [UInt8]) -> Bool {
        for line in content.split(separator: 0x0A) {
            let text = DockerfileText.trimmed(line)
            guard let first = text.first, first != DockerfileText.hash else { continue }
            return DockerfileKeyword(name: DockerfileText.words(Array(text), atMost: 2)[0]) != nil
        }
        return false
    }
}
