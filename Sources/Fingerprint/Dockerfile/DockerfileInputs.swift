/// The stages that a target needs, and what they take from elsewhere.
package struct DockerfileInputs: Equatable, Sendable {
    /// The needed stages in canonical form: what in the Dockerfile can change the image does change these bytes;
    /// comments, empty lines and other stages do not. Build arguments and what the context holds are not in it.
    package let instructions: [UInt8]
    /// In the order of the stages, and of the instructions in them.
    package let sources: [ContextSource]
    /// The build arguments that count, where they are given: those that the needed stages declare or that decide what
    /// these start from, and those that count without being declared. Holds `TARGETPLATFORM`, `BUILDPLATFORM` and their
    /// like where a needed stage asks for them.
    package let declaredArguments: Set<String>
    /// The images that the needed stages start from or take files of, each once.
    package let baseImages: [BaseImage]
}

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
