/// One stage, from its `FROM` to the next.
struct DockerfileStage: Equatable, Sendable {
    let number: Int
    /// Of the `FROM`.
    let line: Int
    /// What it starts from, as it is written.
    let base: [UInt8]
    /// The value of `--platform`, as it is written.
    let platform: [UInt8]?
    /// In lower case; nil if it has none.
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
                    problem: "\(DockerfileText.string(words[2])) is no name for a stage"
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

    /// For people.
    var title: String { name.map(DockerfileText.string) ?? "\(number)" }
}
