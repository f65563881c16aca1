/// The further arguments for `docker build`, and what in them decides the image beyond their text.
package struct AdditionalArguments: Equatable, Sendable {
    /// The words, as the user gave them.
    package let words: [String]
    /// The words without any `--platform`. buildx takes two of them as two platforms, even if they are the same.
    package private(set) var wordsWithoutPlatform: [String] = []
    /// The Dockerfile that `--file` names; the last one counts.
    package private(set) var dockerfile: String?
    /// The platform that `--platform` names; the last one counts.
    package private(set) var platform: String?
    /// Name and value of every `--build-context`.
    package private(set) var namedContexts: [(name: String, value: String)] = []
    /// Flags with which no image ends where the step needs it.
    package private(set) var unusable: [String] = []
    /// `--build-arg NAME` without a value takes one from the environment, and so it must be in the key.
    package private(set) var buildArguments: [BuildArgument] = []
    /// Whether `--pull` lets the builder fetch base images anew.
    package private(set) var pullsBases = false
    /// The buildx builder that `--builder` names; the last one counts.
    package private(set) var builder: String?
    /// The stage that `--target` names; the last one counts.
    package private(set) var target: String?
    /// Flags that are not known here, and so might decide anything.
    package private(set) var unknown: [String] = []

    /// Words that are neither a flag nor the value of one.
    package private(set) var positional: [String] = []

    /// Reads the words that the user gave.
    package init(words: [String], environment: [String: String]) {
        self.words = words
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
            for flag in Self.flags(of: word) {
                var value = flag.value
                if value == nil, let next = rest.first, Self.takes(next, asValueOf: flag.name) {
                    value = next
                    rest.removeFirst()
                }
                if !Self.flagsWithValue.contains(flag.name), !Self.flagsWithoutValue.contains(flag.name) {
                    unknown.append(flag.name)
                }
                note(flag.name, value ?? "", environment: environment)
            }
        }
    }

    private mutating func note(_ name: String, _ value: String, environment: [String: String]) {
        switch name {
        case "--file", "-f": dockerfile = value
        case "--platform": platform = value
        case "--target": target = value
        case "--builder": builder = value
        case "--pull": pullsBases = !["false", "0", "f", "F", "FALSE", "False"].contains(value)
        case "--build-arg": buildArguments.append(BuildArgument(value, environment: environment))
        case "--build-context":
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { namedContexts.append((parts[0], parts[1])) }
        case "--output", "-o", "--push", "--check", "--call", "--help": unusable.append(name)
        default: break
        }
    }

    /// The directories of this machine among the named contexts.
    package var localContexts: [(name: String, path: String)] {
        namedContexts.compactMap { context in
            if context.value.hasPrefix("oci-layout://") {
                let path = context.value.dropFirst("oci-layout://".count)
                return (context.name, String(path.prefix { $0 != "@" && $0 != ":" }))
            }
            return context.value.contains("://") || context.value.hasPrefix("target:")
                || context.value.hasPrefix("git@")
                ? nil : (context.name, context.value)
        }
    }

    /// Why it cannot be known before the build which files these arguments bring in; nil if they bring in none.
    package var doubt: DockerfileError? {
        let flag =
            if dockerfile != nil {
                "--file"
            } else if !namedContexts.isEmpty {
                "--build-context"
            } else {
                unknown.first
            }
        return flag.map { DockerfileError(line: 0, problem: "the additional build arguments have \($0)") }
    }

    var encoded: [UInt8] {
        var encoding = CanonicalEncoding()
        encoding.append(CanonicalEncoding.list(words))
        encoding.append(BuildArgument.encode(buildArguments))
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
            if flagsWithValue.contains(name), !letters.isEmpty {
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
        flagsWithValue.contains(name) || !flagsWithoutValue.contains(name) && !word.hasPrefix("-")
    }

    private static let flagsWithValue: Set<String> = [
        "--add-host", "--allow", "--annotation", "--attest", "--build-arg", "--build-context", "--builder",
        "--cache-from", "--cache-to", "--call", "--cgroup-parent", "--cpu-period", "--cpu-quota", "--cpu-shares", "-c",
        "--cpuset-cpus", "--cpuset-mems", "--file", "-f", "--iidfile", "--isolation", "--label", "--memory", "-m",
        "--memory-swap", "--metadata-file", "--network", "--no-cache-filter", "--output", "-o", "--platform",
        "--policy", "--progress", "--provenance", "--sbom", "--secret", "--security-opt", "--shm-size", "--ssh",
        "--tag", "-t", "--target", "--ulimit",
    ]

    /// These stand alone, or take a value only after `=`.
    private static let flagsWithoutValue: Set<String> = [
        "--check", "--compress", "--debug", "-D", "--disable-content-trust", "--force-rm", "--help", "--load",
        "--no-cache", "--pull", "--push", "--quiet", "-q", "--rm", "--squash",
    ]

    package static func == (left: AdditionalArguments, right: AdditionalArguments) -> Bool {
        left.encoded == right.encoded
    }
}
