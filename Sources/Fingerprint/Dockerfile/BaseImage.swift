/// An image that has to be there before the build can begin.
package struct BaseImage: Equatable, Sendable {
    package enum Role: Equatable, Sendable {
        /// A stage starts from it: its `ONBUILD` triggers run, and its environment can be seen.
        case base
        /// Files are copied or mounted from it.
        case content
    }

    /// As the Dockerfile has it, with its variables replaced.
    package let reference: String
    /// What `FROM --platform` says; nil for the platform that is built for, or if nobody can tell.
    package let platform: String?
    package let role: Role
    /// The line where it is first named.
    package let line: Int
    /// Variables that the sources depend on and that an environment in the image's configuration would override. If it
    /// sets one of them, the inputs are not those that were found here, and everything has to count.
    package internal(set) var variablesTakenAsUnset: Set<String> = []
}
