/// Why the value of a word cannot be told: it is malformed, or it depends on what nobody knows before the build.
struct ShellError: Error, Equatable {
    let problem: String

    init(_ problem: String) { self.problem = problem }
}
