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
