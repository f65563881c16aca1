package import Images
package import SystemPackage

/// Everything `docker build` is told, as a value.
package struct BuildRequest: Equatable, Sendable {
    /// Where the Dockerfile comes from.
    package enum Dockerfile: Equatable, Sendable {
        case file(FilePath)
        /// The text itself, given to docker on standard input.
        case inline([UInt8])
    }

    package var context: FilePath
    package var dockerfile: Dockerfile
    /// The name the finished image gets.
    package var image: ImageReference
    package var target: String?
    package var platform: Platform?
    /// `NAME=value`, or `NAME` for a value that docker takes from the environment.
    package var buildArguments: [String]
    /// `id=…[,src=…|,env=…]`; needs BuildKit.
    package var secrets: [String]
    /// Name and value, in order.
    package var labels: [(name: String, value: String)]
    /// Where layers are taken from, if they are there.
    package var layerSources: [LayerSource]
    /// What is kept for builders elsewhere.
    package var layerExport: LayerExport
    /// Whether no cached layer is used: so an expired image is built.
    package var startsAnew: Bool
    /// Whether base images are fetched anew, also where the daemon has them.
    package var pullsBases: Bool
    /// Whether buildx is told to bring the image into the daemon, which not all of its drivers do by themselves.
    var loads = false
    /// The user's own further arguments, passed last so that they win.
    package var additionalArguments: [String]

    package init(context: FilePath, dockerfile: Dockerfile, image: ImageReference) {
        self.context = context
        self.dockerfile = dockerfile
        self.image = image
        target = nil
        platform = nil
        buildArguments = []
        secrets = []
        labels = []
        layerSources = []
        layerExport = .none
        startsAnew = false
        pullsBases = false
        additionalArguments = []
    }

    /// The arguments of the docker command, from `build` on.
    package var arguments: [String] {
        var arguments = ["build"]
        switch dockerfile {
        case .file(let path): arguments += ["--file", path.string]
        case .inline: arguments += ["--file", "-"]
        }
        arguments += ["--tag", image.description]
        if let target { arguments += ["--target", target] }
        if let platform { arguments += ["--platform", platform.description] }
        for argument in buildArguments { arguments += ["--build-arg", argument] }
        switch layerExport {
        case .none: break
        case .inline: arguments += ["--build-arg", "BUILDKIT_INLINE_CACHE=1"]
        case .registry(let reference): arguments += ["--cache-to", Self.layerTarget(reference)]
        }
        for secret in secrets { arguments += ["--secret", secret] }
        for label in labels { arguments += ["--label", "\(label.name)=\(label.value)"] }
        for source in layerSources { arguments += ["--cache-from", source.description] }
        if loads { arguments.append("--load") }
        if pullsBases { arguments.append("--pull") }
        if startsAnew { arguments.append("--no-cache") }
        return arguments + additionalArguments + ["--", context.string]
    }

    /// Layers that could not be kept are no reason for a build to fail. With an image's kind of manifest they are
    /// accepted by registries that know images alone, such as ECR.
    private static func layerTarget(_ reference: ImageReference) -> String {
        "type=registry,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true,ref=\(reference)"
    }

    package static func == (left: BuildRequest, right: BuildRequest) -> Bool {
        left.arguments == right.arguments && left.dockerfile == right.dockerfile
    }
}

extension DockerClient {
    /// Builds, with the builder's own output passed on untouched to `output` and to standard error. Returns the
    /// builder's exit status: 0 if the image is there now.
    ///
    /// Throws ``DockerError/needsBuildKit(what:)`` before anything is run where the builder cannot do what is asked.
    package func build(
        _ request: BuildRequest,
        with builder: Builder,
        output: FileDescriptor
    ) async throws(DockerError) -> Int32 {
        if builder == .legacy, !request.secrets.isEmpty {
            throw .needsBuildKit(what: "The option `secrets`")
        }
        var input: [UInt8] = []
        if case .inline(let text) = request.dockerfile { input = text }
        guard builder.isBuildKit else {
            return try await passThrough(request.arguments, input: input, to: output, updating: [:])
        }
        let link = try contextLink(request.context)
        defer { link.remove() }
        var linked = request
        linked.context = link.path
        linked.loads = builder == .buildx
        return try await passThrough(linked.arguments, input: input, to: output, updating: changes(for: builder))
    }

    /// What a build's environment has besides ours.
    private func changes(for builder: Builder) -> [String: String] {
        // buildx adds provenance to an image unless told otherwise, which makes an index of it: some services refuse
        // one, and finding the image in it takes one more request. Older versions do not know the flag, and pass over
        // the variable. Where the user has set it, or asks for provenance with a flag, that counts.
        let attestations = environment["BUILDX_NO_DEFAULT_ATTESTATIONS"] ?? "1"
        return switch builder {
        case .legacy: [:]
        // Clients before 23 use BuildKit only when told to; later ones fail if told to and have no buildx.
        case .buildKit: ["DOCKER_BUILDKIT": "1"]
        case .buildx: ["BUILDX_NO_DEFAULT_ATTESTATIONS": attestations]
        }
    }

    private func contextLink(_ context: FilePath) throws(DockerError) -> ContextLink {
        var random = SystemRandomNumberGenerator()
        // A TMPDIR that is not there is no reason not to build.
        let given = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        if let given, let link = try? ContextLink(to: context, in: given, using: &random) { return link }
        do {
            return try ContextLink(to: context, in: "/tmp", using: &random)
        } catch {
            throw .noTemporaryDirectory(path: "/tmp", reason: "\(error)")
        }
    }
}
