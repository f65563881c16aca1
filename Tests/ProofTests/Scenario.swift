import TestSupport

/// All inputs of one build: context, Dockerfile, options, environment.
struct Scenario {
    enum Node: Equatable {
        case file(String, mode: String)
        case directory(mode: String)
        case link(String)
    }

    /// The context, by path.
    var nodes: [String: Node] = [:]
    /// The ignore file of the context; none if empty.
    var ignored: [String] = []
    /// Whether the ignore file is `Dockerfile.dockerignore`.
    var ignoresBesideDockerfile = false
    /// The directory of the named context `lib`; none if empty.
    var library: [String: Node] = [:]
    var libraryIgnored: [String] = []
    var dockerfile = LooseDockerfile()
    /// Whether the Dockerfile is in the context, rather than in a separate directory.
    var isDockerfileInContext = false
    /// `NAME=value`, or `NAME`.
    var arguments: [String] = []
    /// Words of `additional-build-args`.
    var additional: [String] = []
    var environment: [String: String] = [:]
    var target: String?
    var platform: String?

    /// The paths of the regular files, sorted.
    var files: [String] {
        nodes.filter { if case .file = $0.value { true } else { false } }.keys.sorted()
    }

    var directories: [String] {
        nodes.filter { if case .directory = $0.value { true } else { false } }.keys.sorted()
    }

    /// Usually the files that an instruction names, or that are in a directory that it names.
    func mentionedFiles(_ maker: inout ScenarioMaker) -> [String] {
        let sources = dockerfile.stages.flatMap(\.instructions)
            .filter { ["COPY", "ADD"].contains($0.keyword) && !$0.flags.contains { $0.hasPrefix("--from") } }
            .flatMap { $0.words.dropLast() }
        let mentioned = files.filter { file in sources.contains { file == $0 || file.hasPrefix($0 + "/") } }
        return mentioned.isEmpty || maker.chance(30) ? files : mentioned
    }

    /// Whether the two scenarios may differ in their images on another builder, or in their attestations, although this
    /// builder's images are equal.
    ///
    /// A key is the same on every agent. So a variable for the builder's platform is in the key by its name, although
    /// its value here may not change. Attestations are stored next to the image, which does not show them.
    func differsElsewhere(from other: Scenario) -> Bool {
        func lines(_ scenario: Scenario) -> Set<Substring> { Set(scenario.dockerfile.text.split(separator: "\n")) }
        func attestations(_ scenario: Scenario) -> [String] {
            scenario.additional.filter { $0.hasPrefix("--provenance") }
        }
        return lines(self).symmetricDifference(lines(other)).contains { $0.contains("$BUILD") }
            || attestations(self) != attestations(other)
    }

    /// Removes the node and everything below it.
    mutating func removeNode(_ path: String) {
        for key in nodes.keys where key == path || key.hasPrefix(path + "/") { nodes[key] = nil }
    }
}

/// A Dockerfile in parts, so that a change can affect any part.
struct LooseDockerfile {
    struct Instruction {
        var keyword: String
        var flags: [String] = []
        var words: [String] = []
        /// The lines of a here-document. The last line ends it.
        var document: [String]?

        var text: String {
            let line = ([keyword] + flags + words).joined(separator: " ")
            return ([line] + (document ?? [])).joined(separator: "\n")
        }
    }

    struct Stage {
        var platform: String?
        var base: String
        var name: String?
        /// Whether the stage has a shell.
        var isRunnable = false
        var instructions: [Instruction] = []

        var text: String {
            let from =
                ["FROM"] + (platform.map { ["--platform=\($0)"] } ?? []) + [base] + (name.map { ["AS", $0] } ?? [])
            return ([from.joined(separator: " ")] + instructions.map(\.text)).joined(separator: "\n")
        }
    }

    /// The lines before the first `FROM`.
    var head: [String] = []
    var stages: [Stage] = []

    var text: String { (head + stages.map(\.text)).joined(separator: "\n") + "\n" }
}

/// A feature that some builders lack.
enum Feature: String, CaseIterable {
    case exclude, parents, hereDocument, link, namedContext, modifiers, buildx

    /// A build that only a builder with this feature supports.
    var sample: (dockerfile: String, flags: String) {
        switch self {
        case .exclude: ("COPY --exclude=b . /", "")
        case .parents: ("COPY --parents a /", "")
        case .hereDocument: ("COPY <<E /x\ntext\nE", "")
        case .link: ("COPY --link a /", "")
        case .namedContext: ("COPY --from=lib a /", "--build-context lib=ctx")
        case .modifiers: ("ARG A=ab\nCOPY ${A%b} /", "")
        case .buildx: ("COPY a /", "--load")
        }
    }
}
