import Formatting

/// The stages that a target needs, and what they take from elsewhere.
package struct DockerfileInputs: Equatable, Sendable {
    /// What the target is in canonical form: what its files are made of, and its configuration, with the values of the
    /// variables that reach them. What in the Dockerfile or the build arguments can change the image does change these
    /// bytes. What the context holds is not in it.
    package let result: [UInt8]
    /// The titles of the needed stages, in the order of the Dockerfile: the name, or the number of one without.
    package let stages: [String]
    /// In the order of the stages, and of the instructions in them.
    package let sources: [ContextSource]
    /// What `ADD` fetches from elsewhere, in the order of the stages, and of the instructions in them.
    package let remoteSources: [RemoteSource]
    /// The build arguments that reach the image, where they are given, and those that count without being declared.
    /// Holds `TARGETPLATFORM`, `BUILDPLATFORM` and their like where they reach it.
    package let countedArguments: Set<String>
    /// The images that the needed stages start from or take files of, each once.
    package let baseImages: [BaseImage]

    /// The names of the named contexts that the needed stages copy or mount from.
    package let namedContexts: Set<String>

    /// Whether the image depends on the machine that builds it: a needed stage asks for `BUILDPLATFORM` or its like.
    package var dependsOnBuilder: Bool { !countedArguments.isDisjoint(with: PlatformArguments.ofBuilder) }

    /// The names of the given arguments that change nothing.
    package func unused(_ arguments: [BuildArgument]) -> [String] {
        arguments.map(\.name).filter { name in
            !countedArguments.contains(name) && !Self.countsBeside(name)
        }
    }

    /// Whether the value of a given argument is not in ``result``, but counts.
    static func countsBeside(_ name: String) -> Bool {
        PlatformArguments.countsUndeclared(name) || PlatformArguments.isProxy(name)
    }

    /// Those of them that a stage starts from: only these can add inputs.
    package var startingImages: [BaseImage] { baseImages.filter { $0.role == .base } }

    /// Why these inputs are not all there is to the image after all: what its base images add. Empty if they are.
    ///
    /// - Parameter facts: what is known of a base image. One that is not known counts as one that adds nothing.
    package func doubts(_ facts: (BaseImage) -> BaseImageFacts?) -> [DockerfileError] {
        startingImages.compactMap { image in
            guard let facts = facts(image) else { return nil }
            if facts.hasTriggers {
                return DockerfileError(
                    line: image.line,
                    problem: "the base image \(image.reference) has ONBUILD triggers"
                )
            }
            return image.variablesTakenAsUnset.intersection(facts.variables).min().map { name in
                DockerfileError(
                    line: image.line,
                    problem: "the base image \(image.reference) sets the variable \(name)"
                )
            }
        }
    }
}

/// What of a Dockerfile and its context decides the image, as far as it can be known without building it.
package enum PreciseInputs: Equatable, Sendable {
    case precise(DockerfileInputs)
    /// The whole Dockerfile, the whole context and all build arguments have to count, for these reasons.
    case whole(reasons: [DockerfileError])

    /// Reads a Dockerfile for BuildKit. The legacy builder reads some of it otherwise: for that one, everything counts.
    package init(dockerfile content: [UInt8], parameters: DockerfileParameters) {
        do {
            let file = try ParsedDockerfile(content)
            var analysis = try DockerfileAnalysis(file, parameters: parameters)
            self = analysis.inputs()
        } catch {
            self = .whole(reasons: [error])
        }
    }
}

/// What is wrong with a Dockerfile, or cannot be known of it before it is built, and where.
package struct DockerfileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line on which the instruction begins; the first line is 1. Zero for the file as a whole.
    package let line: Int
    /// A sentence without its end, such as `unknown instruction FORM`.
    package let problem: String

    package init(line: Int, problem: String) {
        self.line = line
        self.problem = problem
    }

    package var description: String { line > 0 ? "line \(line): \(problem)" : problem }
}

/// What a text says of the machine that builds, found without reading it as a Dockerfile.
package enum PlatformMention {
    /// Whether `BUILDPLATFORM` or its like stands anywhere in it.
    package static func isOfBuilder(in dockerfile: [UInt8]) -> Bool {
        let text = DockerfileText.string(dockerfile)
        return PlatformArguments.ofBuilder.contains { text.contains($0) }
    }
}

/// An image that has to be there before the build can begin.
package struct BaseImage: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        /// A stage starts from it: its `ONBUILD` triggers run, and its environment can be seen.
        case base
        /// Files are copied or mounted from it.
        case content
    }

    /// Which of the images under one name is meant.
    package enum Variant: Hashable, Sendable {
        /// The one for the platform that is built for.
        case target
        /// What `FROM --platform` says, with its variables replaced, such as `linux/arm64`.
        case platform(String)
        /// `FROM --platform` uses a variable that only the builder knows, such as `BUILDPLATFORM`.
        case buildersChoice
    }

    /// As the Dockerfile has it, with its variables replaced.
    package let reference: String
    package let variant: Variant
    package let role: Role
    /// The line where it is first named.
    package let line: Int
    /// Variables that the sources depend on and that an environment in the image's configuration would override. If it
    /// sets one of them, the inputs are not those that were found here, and everything has to count.
    package internal(set) var variablesTakenAsUnset: Set<String> = []
}

/// One build argument with the value that the build will see.
package struct BuildArgument: Hashable, Sendable {
    package let name: String
    /// Nil if the argument takes its value from a variable that is not set, which is not the same as empty.
    package let value: String?

    /// Reads `NAME=value`, or `NAME`, whose value is that of the variable in `environment`.
    package init(_ text: String, environment: [String: String]) {
        if let equals = text.firstIndex(of: "=") {
            name = String(text[..<equals])
            value = String(text[text.index(after: equals)...])
        } else {
            name = text
            value = environment[text]
        }
    }

    /// Resolves a list as docker does: the last of equal names wins. The result is sorted by name.
    ///
    /// - Parameter unsetTakesAway: what a `NAME` does whose variable is not set, where the list has a value for it
    ///   before: buildx leaves that value, and the docker command's own builders take it away (tried with 20.10, 26.1
    ///   and 28.5).
    package static func resolve(
        _ texts: [String],
        environment: [String: String],
        unsetTakesAway: Bool = false
    ) -> [BuildArgument] {
        var byName: [String: BuildArgument] = [:]
        for text in texts {
            let argument = BuildArgument(text, environment: environment)
            if argument.value == nil, !unsetTakesAway, byName[argument.name] != nil { continue }
            byName[argument.name] = argument
        }
        return byName.values.sorted { CanonicalEncoding.byBytes($0.name, $1.name) }
    }

    /// Whether BuildKit reads the argument for itself, for something that is not in the image: what a build is called,
    /// what its Dockerfile is checked for, the `.git` of a context that is a repository, what another builder can take
    /// layers by, and that an image for one platform is to have no index, which it has not anyway.
    ///
    /// https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args
    package var changesNothingByItself: Bool {
        if name == "BUILDKIT_MULTI_PLATFORM" { return value.flatMap(Bool.init(go:)) == false }
        return [
            "BUILDKIT_BUILD_NAME", "BUILDKIT_CONTEXT_KEEP_GIT_DIR", "BUILDKIT_DOCKERFILE_CHECK",
            "BUILDKIT_INLINE_CACHE",
        ].contains(name)
    }

    static func encode(_ arguments: [BuildArgument]) -> [UInt8] {
        var encoding = CanonicalEncoding()
        for argument in arguments {
            encoding.append(argument.name)
            encoding.append(argument.value == nil ? "unset" : "set")
            encoding.append(argument.value ?? "")
        }
        return encoding.bytes
    }
}

/// Something that a needed stage takes from the context.
package struct ContextSource: Equatable, Sendable {
    package enum Kind: String, Equatable, Sendable {
        /// A source of `COPY` or `ADD`: may hold wildcards; a directory stands for what it holds.
        case pattern
        /// A source of `COPY --parents`.
        case parents
        /// What `RUN --mount=type=bind` shows.
        case mount
    }

    /// The stage's name, or its number.
    package let stage: String
    /// Where the instruction begins.
    package let line: Int
    /// The instruction on one line.
    package let instruction: String
    package let kind: Kind
    /// The path or pattern below the root of the context, with its variables replaced, cleaned and without a leading
    /// slash; empty for the root.
    package let path: [UInt8]
    /// How many components of the path stand before the `/./` of `--parents`: what they name is not in the image.
    let pivot: Int
    /// The patterns of `--exclude`.
    let excludes: [[UInt8]]
    /// `--chmod` gives the files others than the permissions they have.
    let setsPermissions: Bool

    /// How many components of a path have no wildcard before the first that has one.
    static func plainCount(of components: [some Collection<UInt8>]) -> Int {
        components.firstIndex { GoMatchPattern.holdsWildcards($0) } ?? components.count
    }

    /// These components: all that the source stands for lies at or below them. Empty for the root.
    package var plainPath: [UInt8] {
        let components = path.split(separator: DockerfileText.slash)
        let count = kind == .mount ? components.count : Self.plainCount(of: components)
        return Array(components[..<count].joined(separator: [DockerfileText.slash]))
    }

    /// - Parameter source: as the instruction has it, with its variables replaced.
    init(
        stage: String,
        line: Int,
        instruction: String,
        kind: Kind,
        source: [UInt8],
        excludes: [[UInt8]] = [],
        setsPermissions: Bool = false
    ) {
        self.stage = stage
        self.line = line
        self.instruction = instruction
        self.kind = kind
        self.excludes = excludes
        self.setsPermissions = setsPermissions
        let slash = DockerfileText.slash
        func cleaned(_ path: some Sequence<UInt8>) -> [UInt8] { Array(GoPath.cleaned([slash] + path).dropFirst()) }
        let mark = Array("/./".utf8)
        if kind == .parents, let start = source.indices.first(where: { source[$0...].starts(with: mark) }) {
            let above = cleaned(source[..<start])
            pivot = above.split(separator: slash).count
            path = cleaned(above + [slash] + cleaned(source[(start + mark.count)...]))
        } else {
            pivot = 0
            path = cleaned(source)
        }
    }
}
