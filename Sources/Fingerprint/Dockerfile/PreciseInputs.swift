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
