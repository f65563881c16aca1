/// The `# name=value` lines at the top of a Dockerfile that are addressed to the parser.
struct DockerfileDirectives: Equatable, Sendable {
    /// What `syntax` says; nil if it is not there.
    private(set) var syntax: [UInt8]?
    /// The character that escapes another, and that joins a line with the next.
    private(set) var escape = DockerfileText.backslash

    /// - Parameter lines: all lines of the file, the first without byte-order mark.
    init(lines: [ArraySlice<UInt8>]) throws(DockerfileError) {
        var seen: Set<[UInt8]> = []
        var isDone = false
        for (index, line) in lines.enumerated() {
            let text = DockerfileText.trimmed(line)
            guard text.first == DockerfileText.hash else {
                break
            }
            let isShebang = index == 0 && text.starts(with: Array("#!".utf8))
            guard let (name, value) = Self.directive(Array(text.dropFirst())) else {
                // `syntax` is looked for behind a `#!` line too, all others are not.
                isDone = isDone || !isShebang
                continue
            }
            switch name {
            case Array("syntax".utf8):
                // Which of several counts, and whether one counts behind a comment, changed between versions.
                if let syntax, syntax != value {
                    throw DockerfileError(line: index + 1, problem: "more than one syntax directive")
                }
                syntax = value
            case Array("escape".utf8):
                guard value == [DockerfileText.backslash] || value == Array("`".utf8) else {
                    if isDone { continue }
                    throw DockerfileError(
                        line: index + 1,
                        problem: "the escape directive must be \\ or `, not \(DockerfileText.string(value))"
                    )
                }
                guard !seen.contains(name), !isDone || value == [escape] else {
                    throw DockerfileError(line: index + 1, problem: "an escape directive that not every version reads")
                }
                escape = value[0]
            case Array("check".utf8):
                break
            default:
                isDone = true
            }
            seen.insert(name)
        }
    }

    /// `name = value` with a name of letters and digits, in lower case.
    private static func directive(_ comment: [UInt8]) -> (name: [UInt8], value: [UInt8])? {
        guard let (before, after) = DockerfileText.cut(comment, at: DockerfileText.equals) else {
            return nil
        }
        let name = DockerfileText.lowercased(DockerfileText.trimmed(before[...]))
        let value = Array(DockerfileText.trimmed(after[...]))
        guard let first = name.first, DockerfileText.isLetter(first), !value.isEmpty,
            name.allSatisfy({ DockerfileText.isLetter($0) || DockerfileText.isDigit($0) })
        else {
            return nil
        }
        return (name, value)
    }

    /// Whether the frontend that reads the file is Docker's own, in whatever version.
    var usesDockerFrontend: Bool {
        guard let syntax else {
            return true
        }
        var reference = syntax[...]
        for prefix in ["docker.io/", "index.docker.io/"] where reference.starts(with: Array(prefix.utf8)) {
            reference = reference.dropFirst(prefix.utf8.count)
            break
        }
        let name = Array("docker/dockerfile".utf8)
        guard reference.starts(with: name), !reference.contains(where: DockerfileText.isSpace) else {
            return false
        }
        let rest = reference.dropFirst(name.count)
        return rest.isEmpty || rest.first == UInt8(ascii: ":") || rest.first == UInt8(ascii: "@")
    }
}
