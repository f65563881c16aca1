/// The named contexts of `--build-context`, which replace images that a Dockerfile names.
///
/// BuildKit looks for a named context before it looks for an image, by the image's familiar name without `:latest`.
/// https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
struct NamedContexts {
    /// The names as given, by familiar name.
    private let names: [String: String]

    /// Throws if a context could replace a stage, or an image on one platform only: the needed inputs are then
    /// uncertain.
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

    /// Returns the named context that replaces an image; nil if there is none.
    func name(for image: [UInt8]) -> String? { names[Self.familiar(DockerfileText.string(image))] }

    /// Returns the familiar form: `x` for `docker.io/library/x:latest`.
    private static func familiar(_ reference: String) -> String {
        var name = reference.lowercased()[...]
        for start in ["docker.io/", "index.docker.io/", "library/"] where name.hasPrefix(start) {
            name = name.dropFirst(start.count)
        }
        return String(name.hasSuffix(":latest") ? name.dropLast(":latest".count) : name)
    }
}
