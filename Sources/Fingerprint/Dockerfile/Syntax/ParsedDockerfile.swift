/// The instructions of a Dockerfile, by the rules of BuildKit's own parser.
///
/// https://docs.docker.com/reference/dockerfile/#format
struct ParsedDockerfile: Equatable, Sendable {
    let directives: DockerfileDirectives
    let instructions: [DockerfileInstruction]

    /// - Parameter content: the bytes of the file.
    init(_ content: [UInt8]) throws(DockerfileError) {
        guard String(validating: content, as: UTF8.self) != nil, !content.contains(0) else {
            throw DockerfileError(line: 0, problem: "the Dockerfile is not UTF-8 text")
        }
        let body = DockerfileText.body(of: content)
        let lines = Self.lines(of: body)
        directives = try DockerfileDirectives(lines: lines)
        instructions = try Self.instructions(lines: lines, escape: directives.escape)
        guard !instructions.isEmpty else {
            throw DockerfileError(line: 0, problem: "the Dockerfile holds no instructions")
        }
    }

    /// Returns the instruction in an `ONBUILD`. It is read with the default escape, whatever the Dockerfile specifies.
    static func trigger(of instruction: DockerfileInstruction) throws(DockerfileError) -> DockerfileInstruction {
        var text = instruction.text
        for heredoc in instruction.heredocs { text += [0x0A] + heredoc.content + heredoc.name }
        do throws(DockerfileError) {
            let parsed = try ParsedDockerfile(text).instructions
            guard parsed.count == 1, let keyword = parsed[0].keyword,
                ![.from, .maintainer, .onbuild].contains(keyword)
            else {
                throw DockerfileError(line: 0, problem: "this is no trigger for ONBUILD")
            }
            return parsed[0]
        } catch {
            throw DockerfileError(line: instruction.line, problem: error.problem)
        }
    }

    /// Returns the lines, each with its line ending.
    private static func lines(of content: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = content
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
            lines.append(rest[..<end])
            rest = rest[end...]
        }
        return lines
    }

    private static func instructions(
        lines: [ArraySlice<UInt8>],
        escape: UInt8
    ) throws(DockerfileError) -> [DockerfileInstruction] {
        var instructions: [DockerfileInstruction] = []
        var next = 0
        while next < lines.count {
            let start = next + 1
            let first = DockerfileText.withoutNewline(lines[next])
            next += 1
            let stripped = DockerfileText.trimmed(first)
            guard !stripped.isEmpty, stripped.first != DockerfileText.hash else {
                continue
            }
            // White space at the end of the line is kept: it decides whether the line continues.
            let indentation = stripped.startIndex - first.startIndex
            var (joined, goesOn) = continued(first.dropFirst(indentation), escape: escape)
            while goesOn, next < lines.count {
                let line = DockerfileText.withoutNewline(lines[next])
                next += 1
                let stripped = DockerfileText.trimmed(line)
                guard !stripped.isEmpty, stripped.first != DockerfileText.hash else {
                    continue
                }
                let (part, more) = continued(line, escape: escape)
                joined += part
                goesOn = more
            }
            var instruction = DockerfileInstruction(joined: joined, line: start, escape: escape)
            try readHeredocs(of: &instruction, joined: joined, lines: lines, next: &next)
            instructions.append(instruction)
        }
        return instructions
    }

    /// Returns the line without the escape at its end, and whether there was one. Two of them are an escaped one.
    private static func continued(_ line: ArraySlice<UInt8>, escape: UInt8) -> (text: [UInt8], goesOn: Bool) {
        var rest = line
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        guard rest.last == escape, rest.dropLast().last != escape else {
            return (Array(line), false)
        }
        return (Array(rest.dropLast()), true)
    }

    private static func readHeredocs(
        of instruction: inout DockerfileInstruction,
        joined: [UInt8],
        lines: [ArraySlice<UInt8>],
        next: inout Int
    ) throws(DockerfileError) {
        guard DockerfileText.holdsHeredocMark(joined), holdsHeredocs(instruction) else {
            return
        }
        for var heredoc in DockerfileHeredoc.announced(in: joined) {
            var isClosed = false
            while next < lines.count, !isClosed {
                let line = lines[next]
                next += 1
                let end = DockerfileText.withoutNewline(line)
                isClosed = (heredoc.dropsTabs ? DockerfileText.withoutLeadingTabs(end) : end).elementsEqual(
                    heredoc.name
                )
                if !isClosed { heredoc.content += line }
            }
            guard isClosed else {
                throw DockerfileError(
                    line: instruction.line,
                    problem: "the here-document \(DockerfileText.string(heredoc.name)) is not closed"
                )
            }
            instruction.heredocs.append(heredoc)
        }
    }

    private static func holdsHeredocs(_ instruction: DockerfileInstruction) -> Bool {
        var instruction = instruction
        if instruction.keyword == .onbuild {
            instruction = DockerfileInstruction(
                joined: instruction.arguments,
                line: instruction.line,
                escape: DockerfileText.backslash
            )
        }
        return instruction.keyword?.mayHoldHeredocs == true && !instruction.isJSON
    }
}
