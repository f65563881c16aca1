import Logging
package import SystemPackage

extension DockerClient {
    /// Runs a build. The builder's own output goes unchanged to `output` and to standard error.
    ///
    /// Throws ``DockerError/needsBuildKit(what:)`` before it runs anything if the builder does not support the request.
    package func build(
        _ request: BuildRequest,
        with builder: Builder,
        output: FileDescriptor
    ) async throws(DockerError) -> FinishedBuild {
        if builder == .legacy, !request.secrets.isEmpty {
            throw .needsBuildKit(what: "The option `secrets`")
        }
        var input: [UInt8] = []
        if case .inline(let text) = request.dockerfile { input = text }
        guard builder.isBuildKit else {
            return FinishedBuild(
                status: try await passThrough(
                    request.arguments,
                    shown: request.shownArguments,
                    input: input,
                    to: output,
                    updating: [:]
                )
            )
        }
        for name in BuildEnvironment.withheld(environment) {
            log.warning(
                """
                The build does not get the variable \(name): it would label the image with the commit, and an image is \
                used for many commits. A label of your own goes into additional-build-args: --label NAME=VALUE
                """
            )
        }
        let changes = BuildEnvironment.changes(environment, for: builder)
        let link = try contextLink(request.context)
        defer { link.remove() }
        var linked = request
        linked.context = link.path
        if builder == .buildx {
            linked.loads = true
            linked.metadataFile = link.metadataFile
        }
        let status = try await passThrough(
            linked.arguments,
            shown: linked.shownArguments,
            input: input,
            to: output,
            updating: changes
        )
        let report = status == 0 && builder == .buildx ? report(in: link.metadataFile) : nil
        return FinishedBuild(status: status, report: report)
    }

    /// Nil if buildx is too old to write a report, or if the user has it written to another file.
    private func report(in file: FilePath) -> BuildReport? {
        do {
            return BuildReport(metadata: try file.content())
        } catch {
            log.debug("buildx left no report of the build: \(error)")
            return nil
        }
    }

    /// The directories for a build's temporary files, in the order in which they are tried.
    package static func temporaryDirectories(_ environment: [String: String]) -> [FilePath] {
        let given = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        let others: [FilePath] = ["/tmp", "/var/tmp", "/dev/shm"]
        return [given].compactMap { $0 } + others.filter { $0 != given }
    }

    private func contextLink(_ context: FilePath) throws(DockerError) -> ContextLink {
        var random = SystemRandomNumberGenerator()
        // A TMPDIR that is missing or full must not prevent a build.
        var reasons: [String] = []
        for directory in Self.temporaryDirectories(environment) {
            do {
                return try ContextLink(to: context, in: directory, using: &random)
            } catch {
                reasons.append("\(directory): \(error)")
            }
        }
        throw .noTemporaryDirectory(reasons: reasons)
    }
}
