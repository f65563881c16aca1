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
