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

    /// How many components of the path have no wildcard before the first that has one.
    var plainComponentCount: Int {
        let components = path.split(separator: DockerfileText.slash)
        guard kind != .mount else {
            return components.count
        }
        return components.firstIndex { GoMatchPattern.holdsWildcards($0) } ?? components.count
    }

    /// These components: all that the source stands for lies at or below them. Empty for the root.
    package var plainPath: [UInt8] {
        let components = path.split(separator: DockerfileText.slash).prefix(plainComponentCount)
        return Array(components.joined(separator: [DockerfileText.slash]))
    }

    /// - Parameter source: as the instruction has it, with its variables replaced.
    init(stage: String, line: Int, instruction: String, kind: Kind, source: [UInt8]) {
        self.stage = stage
        self.line = line
        self.instruction = instruction
        self.kind = kind
        path = Array(GoPath.cleaned([DockerfileText.slash] + source).dropFirst())
    }
}
