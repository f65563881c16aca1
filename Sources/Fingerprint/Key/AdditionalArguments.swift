/// The further arguments for `docker build`, and what in them decides the image beyond their text.
package struct AdditionalArguments: Equatable, Sendable {
    /// The words, as docker gets them.
    package let words: [String]
    /// The Dockerfile that `--file` names; the last one counts.
    package private(set) var dockerfile: String?
    /// The platform that `--platform` names; the last one counts.
    package private(set) var platform: String?
    /// Name and value of every `--build-context`.
    package private(set) var namedContexts: [(name: String, value: String)] = []
    /// Flags that take the image away from where the step needs it.
    package private(set) var unusable: [String] = []
    /// `--build-arg NAME` without a value takes one from the environment, and so it must be in the key.
    private var buildArguments: [BuildArgument] = []

    /// Reads the words that the user gave.
    package init(words: [String], environment: [String: String]) {
        self.words = words
        var position = words.startIndex
        while position < words.endIndex {
            let word = words[position]
            position += 1
            guard let flag = Self.flag(of: word) else { continue }
            let value: String
            if let attached = flag.value {
                value = attached
            } else if Self.flagsWithValue.contains(flag.name), position < words.endIndex {
                value = words[position]
                position += 1
            } else {
                value = ""
            }
            note(flag.name, value, environment: environment)
        }
    }

    private mutating func note(_ name: String, _ value: String, environment: [String: String]) {
        switch name {
        case "--file", "-f": dockerfile = value
        case "--platform": platform = value
        case "--build-arg": buildArguments.append(BuildArgument(value, environment: environment))
        case "--build-context":
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { namedContexts.append((parts[0], parts[1])) }
        case "--output", "-o", "--push": unusable.append(name)
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

    var encoded: [UInt8] {
        var encoding = CanonicalEncoding()
        encoding.append(CanonicalEncoding.list(words))
        encoding.append(BuildArgument.encode(buildArguments))
        return encoding.bytes
    }

    /// The flag that a word is, with the value attached to it: `--file=x`, `-fx`.
    private static func flag(of word: String) -> (name: String, value: String?)? {
        if word.hasPrefix("--") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0], parts.count == 2 ? parts[1] : nil)
        }
        guard word.hasPrefix("-"), word.count >= 2 else { return nil }
        let name = String(word.prefix(2))
        var value = word.dropFirst(2)
        if value.hasPrefix("=") { value = value.dropFirst() }
        return (name, value.isEmpty ? nil : String(value))
    }

    /// The flags of `docker build` and `docker buildx build` that take the next word as their value.
    private static let flagsWithValue: Set<String> = [
        "--add-host", "--allow", "--annotation", "--attest", "--build-arg", "--build-context", "--builder",
        "--cache-from", "--cache-to", "--call", "--cgroup-parent", "--cpu-period", "--cpu-quota", "--cpu-shares", "-c",
        "--cpuset-cpus", "--cpuset-mems", "--file", "-f", "--iidfile", "--isolation", "--label", "--memory", "-m",
        "--memory-swap", "--metadata-file", "--network", "--no-cache-filter", "--output", "-o", "--platform",
        "--policy", "--progress", "--provenance", "--sbom", "--secret", "--security-opt", "--shm-size", "--ssh",
        "--tag", "-t", "--target", "--ulimit",
    ]

    package static func == (left: AdditionalArguments, right: AdditionalArguments) -> Bool {
        left.encoded == right.encoded
    }
}
