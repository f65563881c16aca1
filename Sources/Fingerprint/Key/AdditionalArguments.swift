import Formatting

/// The additional arguments for `docker build`, and their effects on the image.
package struct AdditionalArguments: Equatable, Sendable {
    /// The words without any `--platform`. buildx reads two of them as two platforms, even if they are equal.
    package private(set) var wordsWithoutPlatform: [String] = []
    /// The Dockerfile that `--file` names; the last one wins.
    package private(set) var dockerfile: String?
    /// All platforms that `--platform` names, in order.
    package private(set) var platforms: [String] = []
    /// The name and value of every `--build-context`.
    package private(set) var namedContexts: [(name: String, value: String)] = []
    /// Flags that prevent the image from ending up where the step needs it.
    package private(set) var unusable: [String] = []
    /// The names that `--tag` gives the image.
    package private(set) var tags: [String] = []
    /// The values of `--build-arg`: `NAME=value`, or `NAME` for a value that docker takes from the environment.
    package private(set) var buildArguments: [String] = []
    /// The flags that take layers from, or send them to, a place that this type does not judge.
    package private(set) var layerFlags: [String] = []
    /// Whether `--pull` lets the builder fetch base images again.
    package private(set) var pullsBases = false
    /// The buildx builder that `--builder` names; the last one wins.
    package private(set) var builder: String?
    /// The stage that `--target` names; the last one wins.
    package private(set) var target: String?
    /// Flags that are not known here, and so might have any effect.
    package private(set) var unknown: [String] = []
    /// Words that are neither a flag nor the value of one.
    package private(set) var positional: [String] = []

    /// The flags that are part of the key as written: name and value, in order. Includes unknown flags.
    private var counted: [(name: String, value: String?)] = []

    /// Parses the words from the user.
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
        case "--cache-from": layerFlags.append(flag.name)
        // Inline metadata is in the image itself, and names no other place.
        case "--cache-to" where !text.split(separator: ",").contains("type=inline"): layerFlags.append(flag.name)
        case "--pull": pullsBases = Bool(go: text) ?? true
        case "--build-arg": buildArguments.append(text)
        case "--build-context":
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            // Docker itself reports a malformed value.
            guard parts.count == 2 else { return counted.append((flag.name, value)) }
            namedContexts.append((parts[0], parts[1]))
            if parts[1].hasPrefix(Self.layout) {
                // The key includes which image of the layout is used, but not where the layout is.
                let rest = parts[1].dropFirst(Self.layout.count).drop { $0 != "@" && $0 != ":" }
                counted.append((flag.name, "\(parts[0])=\(Self.layout)\(rest)"))
            } else if !Self.isDirectory(parts[1]) {
                counted.append((flag.name, value))
            }
        default: break
        }
    }

    /// Returns only the identifier in `id=NAME,src=FILE` of a secret or `NAME=SOCKET` of a forwarded agent.
    private static func identifier(in value: String, of flag: String) -> String {
        guard flag == "--secret" else { return String(value.prefix { $0 != "=" }) }
        let field = value.split(separator: ",").first { $0.hasPrefix("id=") }
        return field.map(String.init) ?? value
    }

    private static let layout = "oci-layout://"

    /// Whether the value of a named context is a directory of this machine. Its content is part of the key, and its
    /// location is not.
    private static func isDirectory(_ value: String) -> Bool {
        !value.contains("://") && !["target:", "git@", "github.com/"].contains { value.hasPrefix($0) }
    }

    /// The local directories among the named contexts. An ignore file does not apply to a directory with an image
    /// layout.
    package var localContexts: [(name: String, path: String, isLayout: Bool)] {
        namedContexts.compactMap { context in
            if context.value.hasPrefix(Self.layout) {
                let path = context.value.dropFirst(Self.layout.count)
                return (context.name, String(path.prefix { $0 != "@" && $0 != ":" }), true)
            }
            return Self.isDirectory(context.value) ? (context.name, context.value, false) : nil
        }
    }

    /// The reason why the files that these arguments add cannot be known before the build; nil if they add none.
    package var doubt: DockerfileError? {
        let flag =
            if dockerfile != nil { "--file" } else { unknown.first }
        return flag.map { DockerfileError(line: 0, problem: "the additional build arguments have \($0)") }
    }

    /// The canonical bytes for the key; nil if none of the arguments is part of it as written.
    var encoded: [UInt8]? { encoded(hasAttestations: true) }

    /// Returns the canonical bytes for the key; nil if none of the arguments is part of it as written.
    ///
    /// - Parameter hasAttestations: whether a build makes attestations by default. If it makes none, refusing them
    ///   changes nothing.
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

    /// Returns the flags in a word, with the value attached to the last of them: `--file=x`, `-fx`, `-qf`.
    private static func flags(of word: String) -> [(name: String, value: String?)] {
        if word.hasPrefix("--") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return [(parts[0], parts.count == 2 ? parts[1] : nil)]
        }
        // Short flags can be combined; the first that takes a value takes the rest of the word.
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

    /// Whether `word`, which follows a flag, is the flag's value. After an unknown flag, it is treated as one unless it
    /// looks like the next flag, because only docker knows its meaning.
    private static func takes(_ word: String, asValueOf name: String) -> Bool {
        BuildFlag.known[name].map(\.takesValue) ?? !word.hasPrefix("-")
    }

    package static func == (left: AdditionalArguments, right: AdditionalArguments) -> Bool {
        left.encoded == right.encoded
    }
}
