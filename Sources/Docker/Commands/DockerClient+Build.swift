package import SystemPackage

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
