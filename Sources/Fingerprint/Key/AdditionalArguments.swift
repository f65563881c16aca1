import Formatting

/// The further arguments for `docker build`, and what in them decides the image beyond their text.
package struct AdditionalArguments: Equatable, Sendable {
    /// The words without any `--platform`. buildx takes two of them as two platforms, even if they are the same.
    package private(set) var wordsWithoutPlatform: [String] = []
    /// The Dockerfile that `--file` names; the last one counts.
    package private(set) var dockerfile: String?
    /// Every platform that a `--platform` names, in order.
    package private(set) var platforms: [String] = []
    /// Name and value of every `--build-context`.
    package private(set) var namedContexts: [(name: String, value: String)] = []
    /// Flags with which no image ends where the step needs it.
    package private(set) var unusable: [String] = []
    /// The names that `--tag` gives the image.
    package private(set) var tags: [String] = []
    /// What `--build-arg` says: `NAME=value`, or `NAME` for a value that docker takes from the environment.
    package private(set) var buildArguments: [String] = []
    /// Whether `--pull` lets the builder fetch base images again.
    package private(set) var pullsBases = false
    /// The buildx builder that `--builder` names; the last one counts.
    package private(set) var builder: String?
    /// The stage that `--target` names; the last one counts.
    package private(set) var target: String?
    /// Flags that are not known here, and so might decide anything.
    package private(set) var unknown: [String] = []
    /// Words that are neither a flag nor the value of one.
    package private(set) var positional: [String] = []

    /// What counts as it stands: name and value of the flags that decide the image, in order. A flag that is not known
    /// counts.
    private var counted: [(name: String, value: String?)] = []

    /// Reads the words that the user gave.
    package init(words: [String]) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-", word != "--" else {
                positional.append(word)
                wordsWithoutPlatform.append(word)
                continue
            }
            let start = rest.startIndex - 1
            defer {
                if !word.hasPrefix("--platform=") && word != "--platform" {
                    wordsWithoutPlatform += words[start..<rest.startIndex]
                }
            }
            for (name, attached) in Self.flags(of: word) {
                var value = attached
                if value == nil, let next = rest.first, Self.takes(next, asValueOf: name) {
                    value = next
                    rest.removeFirst()
                }
                guard let flag = BuildFlag.known[name] else {
                    unknown.append(name)
                    counted.append((name, value))
                    continue
                }
                note(flag, value, writtenAs: name)
            }
        }
    }

    private mutating func note(_ flag: BuildFlag, _ value: String?, writtenAs name: String) {
        let text = value ?? ""
        switch flag.effect {
        case .counts: counted.append((flag.name, value))
        case .countsByIdentifier: counted.append((flag.name, Self.identifier(in: text, of: flag.name)))
        case .takesImageAway: unusable.append(name)
        case .names: tags.append(text)
        case .changesNothing, .countsElsewhere: break
        }
        switch flag.name {
        case "--file": dockerfile = text
        case "--platform": platforms.append(text)
        case "--target": target = text
        case "--builder": builder = text
        case "--pull": pullsBases = Bool(go: text) ?? true
        case "--build-arg": buildArguments.append(text)
        case "--build-context":
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            // One that docker will not understand is for docker to complain of.
            guard parts.count == 2 else { return counted.append((flag.name, value)) }
            namedContexts.append((parts[0], parts[1]))
            if parts[1].hasPrefix(Self.layout) {
                // Which of the images in it, but not where it lies.
                let rest = parts[1].dropFirst(Self.layout.count).drop { $0 != "@" && $0 != ":" }
                counted.append((flag.name, "\(parts[0])=\(Self.layout)\(rest)"))
            } else if !Self.isDirectory(parts[1]) {
                counted.append((flag.name, value))
            }
        default: break
        }
    }

    /// `id=NAME,src=FILE` of a secret, `NAME=SOCKET` of a forwarded agent: the name alone.
    private static func identifier(in value: String, of flag: String) -> String {
        guard flag == "--secret" else { return String(value.prefix { $0 != "=" }) }
        let field = value.split(separator: ",").first { $0.hasPrefix("id=") }
        return field.map(String.init) ?? value
    }

    private static let layout = "oci-layout://"

    /// Whether what a named context stands for is a directory of this machine, whose content counts, and not where it
    /// lies.
    private static func isDirectory(_ value: String) -> Bool {
        !value.contains("://") && !["target:", "git@", "github.com/"].contains { value.hasPrefix($0) }
    }

    /// The directories of this machine among the named contexts. What is in a directory with an image layout is not
    /// subject to an ignore file.
    package var localContexts: [(name: String, path: String, isLayout: Bool)] {
        namedContexts.compactMap { context in
            if context.value.hasPrefix(Self.layout) {
                let path = context.value.dropFirst(Self.layout.count)
                return (context.name, String(path.prefix { $0 != "@" && $0 != ":" }), true)
            }
            return Self.isDirectory(context.value) ? (context.name, context.value, false) : nil
        }
    }

    /// Why it cannot be known before the build which files these arguments add; nil if they add none.
    package var doubt: DockerfileError? {
        let flag =
            if dockerfile != nil { "--file" } else { unknown.first }
        return flag.map { DockerfileError(line: 0, problem: "the additional build arguments have \($0)") }
    }

    /// Nil where nothing of them counts as it stands.
    var encoded: [UInt8]? { encoded(hasAttestations: true) }

    /// Nil where nothing of them counts as it stands.
    ///
    /// - Parameter hasAttestations: whether a build makes attestations without being asked. If it makes none, to refuse
    ///   them changes nothing.
    func encoded(hasAttestations: Bool) -> [UInt8]? {
        let counted = counted.filter { name, value in
            let isRefusal = ["--provenance", "--sbom"].contains(name) && Bool(go: value ?? "") == false
            return hasAttestations || !isRefusal
        }
        guard !counted.isEmpty else { return nil }
        var encoding = CanonicalEncoding()
        for (name, value) in counted {
            encoding.append(name)
            encoding.append(value == nil ? "alone" : "with")
            encoding.append(value ?? "")
        }
        return encoding.bytes
    }

    /// The flags that a word stands for, with the value attached to the last of them: `--file=x`, `-fx`, `-qf`.
    private static func flags(of word: String) -> [(name: String, value: String?)] {
        if word.hasPrefix("--") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return [(parts[0], parts.count == 2 ? parts[1] : nil)]
        }
        // Short flags can be written together; the first that takes a value takes the rest of the word for it.
        var flags: [(name: String, value: String?)] = []
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            let name = "-\(letter)"
            let takesRest = letters.first == "=" || BuildFlag.known[name]?.takesValue == true
            if takesRest, !letters.isEmpty {
                flags.append((name, String(letters.first == "=" ? letters.dropFirst() : letters)))
                break
            }
            flags.append((name, nil))
        }
        return flags
    }

    /// Whether `word`, standing after a flag, is its value. Of a flag that is not known it is taken for one unless it
    /// looks like the next flag: what it means is for docker to say.
    private static func takes(_ word: String, asValueOf name: String) -> Bool {
        BuildFlag.known[name].map(\.takesValue) ?? !word.hasPrefix("-")
    }

    package static func == (left: AdditionalArguments, right: AdditionalArguments) -> Bool {
        left.encoded == right.encoded
    }
}
