/// The stages that a target needs, and what they take from elsewhere.
package struct DockerfileInputs: Equatable, Sendable {
    /// The needed stages in canonical form: what in the Dockerfile can change the image does change these bytes;
    /// comments, empty lines and other stages do not. Build arguments and what the context holds are not in it.
    package let instructions: [UInt8]
    /// The titles of the needed stages, in the order of the Dockerfile: the name, or the number of one without.
    package let stages: [String]
    /// In the order of the stages, and of the instructions in them.
    package let sources: [ContextSource]
    /// The build arguments that count, where they are given: those that the needed stages declare or that decide what
    /// these start from, and those that count without being declared. Holds `TARGETPLATFORM`, `BUILDPLATFORM` and their
    /// like where a needed stage asks for them.
    package let declaredArguments: Set<String>
    /// The images that the needed stages start from or take files of, each once.
    package let baseImages: [BaseImage]

    /// Whether the image depends on the machine that builds it: a needed stage asks for `BUILDPLATFORM` or its like.
    package var dependsOnBuilder: Bool { !declaredArguments.isDisjoint(with: PlatformArguments.ofBuilder) }

    /// The names of the given arguments that no needed stage declares: they change nothing.
    package func undeclared(_ arguments: [BuildArgument]) -> [String] {
        arguments.map(\.name).filter { name in
            !declaredArguments.contains(name) && !PlatformArguments.isProxy(name)
                && !PlatformArguments.countsUndeclared(name)
        }
    }

    /// Why these inputs are not all there is to the image after all: what its base images bring along. Empty if they
    /// are.
    ///
    /// - Parameter facts: what is known of a base image; nil if nobody could be asked.
    package func doubts(_ facts: (BaseImage) -> BaseImageFacts?) -> [DockerfileError] {
        baseImages.filter { $0.role == .base }.compactMap { image in
            let problem: String? =
                if let facts = facts(image) {
                    if facts.hasTriggers {
                        "the base image \(image.reference) has ONBUILD triggers"
                    } else {
                        image.variablesTakenAsUnset.intersection(facts.variables).sorted().first.map {
                            "the base image \(image.reference) sets the variable \($0)"
                        }
                    }
                } else {
                    "nobody could be asked what the base image \(image.reference) brings along"
                }
            return problem.map { DockerfileError(line: image.line, problem: $0) }
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
