/// What an `ENV` sets.
struct EnvironmentDeclaration: Equatable, Sendable {
    let name: [UInt8]
    /// As it is written.
    let value: [UInt8]

    static func all(in instruction: DockerfileInstruction, escape: UInt8) throws(DockerfileError) -> [Self] {
        let words = DockerfileQuotedWords.split(instruction.arguments, escape: escape)
        guard let first = words.first else {
            throw DockerfileError(line: instruction.line, problem: "ENV needs a name and a value")
        }
        // The old form has a space where the new one has the equals sign, and then the rest of the line is the value.
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
