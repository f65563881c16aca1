/// The parser directives of a Dockerfile: the `# name=value` lines at its top.
struct DockerfileDirectives: Equatable, Sendable {
    /// The value of `syntax`; nil if there is none.
    private(set) var syntax: [UInt8]?
    /// The character that escapes another, and that joins a line with the next.
    private(set) var escape = DockerfileText.backslash

    /// - Parameter lines: all lines of the file, the first without its byte-order mark.
    init(lines: [ArraySlice<UInt8>]) throws(DockerfileError) {
        var seen: Set<[UInt8]> = []
        var isDone = false
        for (index, line) in lines.enumerated() {
            let text = DockerfileText.trimmed(line)
            guard text.first == DockerfileText.hash else {
                break
            }
            guard let (name, value) = Self.directive(Array(text.dropFirst())) else {
                // After another comment, such as a `#!` line, BuildKit looks only for `syntax`, in some versions.
                isDone = true
                continue
            }
            switch name {
            case Array("syntax".utf8):
                // Which of several is used, and whether one after a comment is used, changed between versions.
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

    /// Parses `name = value` with a name of letters and digits. Returns the name in lower case.
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

    /// Whether the file is read by Docker's own frontend, in any version.
    var usesDockerFrontend: Bool { syntax == nil || dockerFrontend != nil }

    /// Whether it is at least version 1.2, which introduced the current rules for variables. The built-in frontend of
    /// every Docker since 20.10 is.
    var isFrontEndRecent: Bool {
        guard let dockerFrontend else {
            return syntax == nil
        }
        guard !dockerFrontend.tag.isEmpty else {
            return !dockerFrontend.hasDigest
        }
        let name = dockerFrontend.tag.prefix { $0 != "-" }
        let version = name.split(separator: ".").map { Int($0) }
        guard let major = version.first.flatMap({ $0 }) else {
            return ["latest", "labs", "master"].contains(name)
        }
        return major > 1 || (major == 1 && (version.count == 1 || (version[1] ?? 0) >= 2))
    }

    /// The tag of Docker's own frontend, empty if it has none, and whether a digest follows it. Nil for another front
    /// end.
    private var dockerFrontend: (tag: String, hasDigest: Bool)? {
        guard var reference = syntax.map({ DockerfileText.string($0)[...] }), !reference.contains(where: \.isWhitespace)
        else {
            return nil
        }
        for prefix in ["docker.io/", "index.docker.io/"] where reference.hasPrefix(prefix) {
            reference = reference.dropFirst(prefix.count)
            break
        }
        let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].prefix { $0 != ":" }
        // `dockerfile-upstream` is built from the development version of `dockerfile`.
        guard ["docker/dockerfile", "docker/dockerfile-upstream"].contains(name) else {
            return nil
        }
        return (String(parts[0].dropFirst(name.count + 1)), parts.count > 1)
    }
}
