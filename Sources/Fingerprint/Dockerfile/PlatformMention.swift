/// What a text says of the machine that builds, found without reading it as a Dockerfile.
package enum PlatformMention {
    /// Whether `BUILDPLATFORM` or its like stands anywhere in it.
    package static func isOfBuilder(in dockerfile: [UInt8]) -> Bool {
        let text = DockerfileText.string(dockerfile)
        return PlatformArguments.ofBuilder.contains { text.contains($0) }
    }
}
