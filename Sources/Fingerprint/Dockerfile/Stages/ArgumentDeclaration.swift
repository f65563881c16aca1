/// What an `ARG` declares.
struct ArgumentDeclaration: Equatable, Sendable {
    let name: [UInt8]
    /// As it is written; nil if there is none.
    let defaultValue: [UInt8]?

    static func all(in instruction: DockerfileInstruction, escape: UInt8) throws(DockerfileError) -> [Self] {
        var declarations: [Self] = []
        for word in DockerfileQuotedWords.split(instruction.arguments, escape: escape) {
            let parts = DockerfileText.cut(word, at: DockerfileText.equals)
            let name = parts?.before ?? word
            guard isPlain(name) else {
                throw DockerfileError(
                    line: instruction.line,
                    problem: "\(DockerfileText.string(name)) is no plain name of a variable"
                )
            }
            declarations.append(Self(name: name, defaultValue: parts?.after))
        }
        // BuildKit finds all values before it sets the first; whether later versions do is not certain.
        let usesVariables = declarations.contains { $0.defaultValue?.contains(DockerfileText.dollar) == true }
        guard declarations.count == 1 || !usesVariables else {
            throw DockerfileError(
                line: instruction.line,
                problem: "several arguments in one instruction, one of which has a variable for its default"
            )
        }
        guard !declarations.isEmpty else {
            throw DockerfileError(line: instruction.line, problem: "ARG needs a name")
        }
        return declarations
    }

    /// Whether nothing in a name has to be replaced or unquoted.
    static func isPlain(_ name: [UInt8]) -> Bool {
        !name.isEmpty
            && name.allSatisfy { DockerfileText.isLetter($0) || DockerfileText.isDigit($0) || "_.-".utf8.contains($0) }
    }
}
