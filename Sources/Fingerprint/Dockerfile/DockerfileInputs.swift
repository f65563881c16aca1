import Formatting

/// The stages that a target needs, and what they take from outside the Dockerfile.
package struct DockerfileInputs: Equatable, Sendable {
    /// The target in canonical form: the origin of its files, and its configuration, with the values of the variables
    /// that reach them. Any change to the Dockerfile or the build arguments that can change the image changes these
    /// bytes. The contents of the context are not included.
    package let result: [UInt8]
    /// The titles of the needed stages, in Dockerfile order: the name, or the number of a stage without one.
    package let stages: [String]
    /// The sources in the context, in the order of the stages and of their instructions.
    package let sources: [ContextSource]
    /// The sources that `ADD` fetches from elsewhere, in the order of the stages and of their instructions.
    package let remoteSources: [RemoteSource]
    /// The names of the build arguments that reach the image, and of given arguments that affect it without being
    /// declared. Includes `TARGETPLATFORM`, `BUILDPLATFORM` and similar variables if they reach the image.
    package let countedArguments: Set<String>
    /// The images that the needed stages start from or take files from, each once.
    package let baseImages: [BaseImage]

    /// The names of the named contexts that the needed stages copy or mount from.
    package let namedContexts: Set<String>

    /// Whether the image depends on the machine that builds it: a needed stage uses `BUILDPLATFORM` or a similar
    /// variable.
    package var dependsOnBuilder: Bool { !countedArguments.isDisjoint(with: PlatformArguments.ofBuilder) }

    /// Returns the names of the given arguments that do not affect the image.
    package func unused(_ arguments: [BuildArgument]) -> [String] {
        arguments.map(\.name).filter { name in
            !countedArguments.contains(name) && !Self.countsBeside(name)
        }
    }

    /// Whether a given argument affects the image although its value is not in ``result``.
    static func countsBeside(_ name: String) -> Bool {
        PlatformArguments.countsUndeclared(name) || PlatformArguments.isProxy(name)
    }

    /// The images that a stage starts from. Only these can add inputs.
    package var startingImages: [BaseImage] { baseImages.filter { $0.role == .base } }

    /// Returns the reasons why these inputs are incomplete: what the base images add. Empty if they are complete.
    ///
    /// - Parameter facts: the known facts about a base image. An unknown image is assumed to add nothing.
    package func doubts(_ facts: (BaseImage) -> BaseImageFacts?) -> [DockerfileError] {
        startingImages.compactMap { image in
            guard let facts = facts(image) else { return nil }
            if facts.hasTriggers {
                return DockerfileError(
                    line: image.line,
                    problem: "the base image \(image.reference) has ONBUILD triggers",
                    withoutValues: "the base image has ONBUILD triggers"
                )
            }
            return image.variablesTakenAsUnset.intersection(facts.variables).min().map { name in
                DockerfileError(
                    line: image.line,
                    problem: "the base image \(image.reference) sets the variable \(name)",
                    withoutValues: "the base image sets the variable \(name)"
                )
            }
        }
    }
}

/// The parts of a Dockerfile and its context that determine the image, as far as they can be known without building it.
package enum PreciseInputs: Equatable, Sendable {
    case precise(DockerfileInputs)
    /// The whole Dockerfile, the whole context and all build arguments must be part of the key, for these reasons.
    case whole(reasons: [DockerfileError])

    /// Reads a Dockerfile for BuildKit. The legacy builder reads parts of it differently, so its key must cover
    /// everything.
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

/// A problem in a Dockerfile, or something that cannot be known before the build, and its location.
package struct DockerfileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line on which the instruction begins; the first line is 1. Zero for the file as a whole.
    package let line: Int
    /// The problem, as a sentence without a final period, such as `unknown instruction FORM`.
    package let problem: String
    /// The problem without values of build arguments, for a record.
    package let withoutValues: String

    /// - Parameter withoutValues: nil if no value of a build argument can be in `problem`
    package init(line: Int, problem: String, withoutValues: String? = nil) {
        self.line = line
        self.problem = problem
        self.withoutValues = withoutValues ?? problem
    }

    package var description: String { described(problem) }
    package var descriptionWithoutValues: String { described(withoutValues) }

    private func described(_ problem: String) -> String { line > 0 ? "line \(line): \(problem)" : problem }
}

/// Finds variables for the build machine in a Dockerfile without parsing it.
package enum PlatformMention {
    /// Whether `BUILDPLATFORM` or a similar name occurs anywhere in the Dockerfile.
    package static func isOfBuilder(in dockerfile: [UInt8]) -> Bool {
        let text = DockerfileText.string(dockerfile)
        return PlatformArguments.ofBuilder.contains { text.contains($0) }
    }
}

/// An image that must be available before the build can begin.
package struct BaseImage: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        /// A stage starts from it: its `ONBUILD` triggers run, and its environment is visible.
        case base
        /// Files are copied or mounted from it.
        case content
    }

    /// Which of the images with one name is used.
    package enum Variant: Hashable, Sendable {
        /// The image for the target platform.
        case target
        /// The value of `FROM --platform`, with its variables replaced, such as `linux/arm64`.
        case platform(String)
        /// `FROM --platform` uses a variable that only the builder knows, such as `BUILDPLATFORM`.
        case buildersChoice
    }

    /// The reference in the Dockerfile, with its variables replaced.
    package let reference: String
    package let variant: Variant
    package let role: Role
    /// The line of its first use.
    package let line: Int
    /// Variables that the sources depend on and that the environment in the image's configuration would override. If it
    /// sets one of them, the inputs found here are wrong, and everything must be part of the key.
    package internal(set) var variablesTakenAsUnset: Set<String> = []
}

/// A build argument with the value that the build sees.
package struct BuildArgument: Hashable, Sendable {
    package let name: String
    /// Nil if the argument takes its value from a variable that is not set. That is not the same as empty.
    package let value: String?

    /// Parses `NAME=value`, or `NAME`, which takes its value from `environment`.
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
    /// - Parameter unsetTakesAway: whether a `NAME` with an unset variable removes a value that the list has before it.
    ///   buildx keeps that value, and the docker command's own builders remove it (tested with 20.10, 26.1 and 28.5).
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

    /// Whether BuildKit itself uses the argument, for something that is not in the image: the name of a build, the
    /// checks of its Dockerfile, the `.git` of a context that is a repository, the metadata by which another builder
    /// can reuse layers, or the omission of an index for a single platform, which has none anyway.
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

/// An input that a needed stage takes from the context.
package struct ContextSource: Equatable, Sendable {
    package enum Kind: String, Equatable, Sendable {
        /// A source of `COPY` or `ADD`. It may contain wildcards; a directory represents its contents.
        case pattern
        /// A source of `COPY --parents`.
        case parents
        /// The source of a `RUN --mount=type=bind`.
        case mount
    }

    /// The stage's name, or its number.
    package let stage: String
    /// The line on which the instruction begins.
    package let line: Int
    /// The instruction on one line.
    package let instruction: String
    package let kind: Kind
    /// The path or pattern relative to the root of the context, with its variables replaced, cleaned and without a
    /// leading slash; empty for the root.
    package let path: [UInt8]
    /// The number of path components before the `/./` of `--parents`. They are not part of the path in the image.
    let pivot: Int
    /// The patterns of `--exclude`.
    let excludes: [[UInt8]]
    /// Whether `--chmod` replaces the permissions of the files.
    let setsPermissions: Bool

    /// Returns the number of path components before the first one with a wildcard.
    static func plainCount(of components: [some Collection<UInt8>]) -> Int {
        components.firstIndex { GoMatchPattern.holdsWildcards($0) } ?? components.count
    }

    /// The components before the first wildcard: everything that the source covers is at or below them. Empty for the
    /// root.
    package var plainPath: [UInt8] {
        let components = path.split(separator: DockerfileText.slash)
        let count = kind == .mount ? components.count : Self.plainCount(of: components)
        return Array(components[..<count].joined(separator: [DockerfileText.slash]))
    }

    /// - Parameter source: as written in the instruction, with its variables replaced.
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
