/// What `--build-context` puts in the place of images that a Dockerfile names.
///
/// BuildKit looks for a named context before it looks for an image, by the image's familiar name without `:latest`.
/// https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
struct NamedContexts {
    /// As they are given, by familiar name.
    private let names: [String: String]

    /// Throws where a context could stand for a stage, or for an image on one platform alone: what is needed is not
    /// certain then.
    init(_ given: [String], stages: DockerfileStages) throws(DockerfileError) {
        var names: [String: String] = [:]
        for name in given {
            let familiar = Self.familiar(name)
            guard !name.contains("::"), !name.contains("@") else {
                throw DockerfileError(line: 0, problem: "--build-context \(name) stands for some images of that name")
            }
            let stage = stages.stages.first { $0.name.map { Self.familiar(DockerfileText.string($0)) } == familiar }
            if let stage {
                let problem = "--build-context \(name) takes the place of the stage \(stage.title)"
                throw DockerfileError(line: stage.line, problem: problem)
            }
            names[familiar] = name
        }
        self.names = names
    }

    /// The named context that stands for an image; nil if none does.
    func name(for image: [UInt8]) -> String? { names[Self.familiar(DockerfileText.string(image))] }

    /// `docker.io/library/x:latest` as `x`.
    private static func familiar(_ reference: String) -> String {
        var name = reference.lowercased()[...]
        for start in ["docker.io/", "index.docker.io/", "library/"] where name.hasPrefix(start) {
            name = name.dropFirst(start.count)
        }
        return String(name.hasSuffix(":latest") ? name.dropLast(":latest".count) : name)
    }
}
