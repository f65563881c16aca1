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
