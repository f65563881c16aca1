/// A source that `ADD` fetches during the build. Its content is not part of the Dockerfile or the context.
///
/// https://docs.docker.com/reference/dockerfile/#adding-files-from-a-url
package struct RemoteSource: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// A file fetched by HTTP.
        case url
        /// A Git repository. Builders before BuildKit 0.11 do not support these in `ADD`.
        case git
    }

    /// The line on which the instruction begins; the first line is 1.
    package let line: Int
    /// The source as written in the Dockerfile. Safe to print: it contains no value of a build argument.
    package let written: String
    /// The source as the builder resolves it, with variables replaced. It may contain values of build arguments, so
    /// print ``written`` instead.
    package let source: String
    package let kind: Kind
    /// Whether ``source`` is certain. It is not if the builder, or possibly a base image, sets one of its variables.
    package let isResolved: Bool
    /// Whether the content is fixed, by a `--checksum` or by the full hash of a commit.
    package let isFixed: Bool

    /// Returns nil if the builder takes `source` for a path.
    ///
    /// - Parameter checksum: the value of `--checksum`, with its variables replaced; empty if there is none.
    init?(line: Int, written: [UInt8], source: [UInt8], isResolved: Bool, checksum: [UInt8]) {
        guard let kind = Self.kind(of: source) else {
            return nil
        }
        self.line = line
        self.written = DockerfileText.string(written)
        self.source = DockerfileText.string(source)
        self.kind = kind
        self.isResolved = isResolved
        switch kind {
        case .url: isFixed = Self.isDigest(checksum)
        case .git:
            let parts = Self.parts(of: self.source)
            let named = [parts.fragment] + ["ref", "commit", "checksum"].compactMap { parts.query[$0] }
            isFixed = isResolved && (Self.isCommit(checksum) || named.contains { Self.isCommit($0.utf8) })
        }
    }

    /// The address of the repository, as passed to Git; nil for a URL.
    package var repository: String? { kind == .git ? Self.parts(of: source).remote : nil }

    /// The branch, tag or commit of a repository; nil for its default branch, and for a URL.
    package var reference: String? {
        guard kind == .git else {
            return nil
        }
        let parts = Self.parts(of: source)
        let named =
            parts.query["tag"].map { $0.hasPrefix("refs/tags/") ? $0 : "refs/tags/\($0)" }
            ?? parts.query["branch"].map { $0.hasPrefix("refs/heads/") ? $0 : "refs/heads/\($0)" }
            ?? parts.query["ref"]
        return parts.fragment.isEmpty ? named : parts.fragment
    }

    /// Applies the rules of BuildKit's `ParseGitRef`, and treats other HTTP addresses as URLs. Returns nil for a path.
    private static func kind(of source: [UInt8]) -> Kind? {
        let text = DockerfileText.string(source)
        guard let end = text.firstRange(of: "://") else {
            return isCopyAddress(source) ? .git : nil
        }
        switch text[..<end.lowerBound].lowercased() {
        case "git", "ssh": return .git
        case "http", "https":
            let path = text[end.upperBound...].prefix { $0 != "#" && $0 != "?" }.drop { $0 != "/" }
            if path.hasSuffix(".git") { return .git }
            return text.hasPrefix("http://") || text.hasPrefix("https://") ? .url : nil
        default: return isCopyAddress(source) ? .git : nil
        }
    }

    /// Whether the source has the form `user@host:path`, as in `scp`.
    private static func isCopyAddress(_ source: [UInt8]) -> Bool {
        func isName(_ text: [UInt8], and others: String.UTF8View) -> Bool {
            !text.isEmpty
                && text.allSatisfy {
                    DockerfileText.isLetter($0) || DockerfileText.isDigit($0) || others.contains($0)
                }
        }
        guard let (user, rest) = DockerfileText.cut(source, at: UInt8(ascii: "@")),
            let (host, _) = DockerfileText.cut(rest, at: UInt8(ascii: ":"))
        else {
            return false
        }
        return isName(user, and: "-_".utf8) && isName(host, and: "-.".utf8)
    }

    private static func parts(of source: String) -> (remote: String, fragment: String, query: [String: String]) {
        let beforeFragment = source.prefix { $0 != "#" }
        let remote = beforeFragment.prefix { $0 != "?" }
        let fragment = source.dropFirst(beforeFragment.count + 1).prefix { $0 != ":" }
        var query: [String: String] = [:]
        for field in beforeFragment.dropFirst(remote.count + 1).split(separator: "&") {
            let name = field.prefix { $0 != "=" }
            query[String(name)] = String(field.dropFirst(name.count + 1))
        }
        return (String(remote), String(fragment), query)
    }

    private static func isDigest(_ text: [UInt8]) -> Bool {
        guard let (algorithm, digits) = DockerfileText.cut(text, at: UInt8(ascii: ":")) else {
            return false
        }
        let lengths = ["sha256": 64, "sha384": 96, "sha512": 128]
        return lengths[DockerfileText.string(algorithm)] == digits.count && digits.allSatisfy(isHexadecimal)
    }

    private static func isCommit(_ text: some Collection<UInt8>) -> Bool {
        [40, 64].contains(text.count) && text.allSatisfy(isHexadecimal)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        DockerfileText.isDigit(byte) || (0x61...0x66).contains(byte)
    }
}

extension RemoteSource {
    /// Returns the sources that `ADD` fetches in the stages that the target needs, however much of the context is part
    /// of the key. Covers all stages if the needed ones cannot be determined. Empty if the file is not a Dockerfile.
    package static func all(in dockerfile: [UInt8], parameters: DockerfileParameters) -> [RemoteSource] {
        guard let file = try? ParsedDockerfile(dockerfile) else {
            return []
        }
        if var analysis = try? DockerfileAnalysis(file, parameters: parameters) {
            let result = analysis.inputs()
            if case .precise(let inputs) = result { return inputs.remoteSources }
            if analysis.isResolved { return analysis.remoteSources }
        }
        return file.instructions.filter { $0.keyword == .add }.flatMap { instruction in
            instruction.list.dropLast().compactMap { word in
                RemoteSource(
                    line: instruction.line,
                    written: word,
                    source: word,
                    isResolved: !word.contains(DockerfileText.dollar),
                    checksum: instruction.values(ofFlag: "checksum").last ?? []
                )
            }
        }
    }
}
