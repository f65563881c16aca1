import Formatting
package import Images
import Processes

extension DockerClient {
    /// Determines the builder of this machine. Runs one process, and a second for clients from version 23 on.
    package func builderCapabilities() async throws(DockerError) -> BuilderCapabilities {
        let arguments = ["version", "--format", "{{.Client.Version}} {{.Server.Version}}"]
        let answer = try await capture(arguments)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        let majors = answer.output.split(whereSeparator: \.isWhitespace).map { version in
            Int(version.prefix { $0.isNumber }) ?? 0
        }
        guard majors.count == 2 else {
            throw .unexpectedAnswer(command: "docker version", message: answer.output.trimmingWhitespace())
        }
        let buildx = majors[0] >= 23 ? try await buildx(timeLimit: Self.commandLimit) : .absent
        var (hasBuildx, broken): (Bool, BrokenBuildx?) = (false, nil)
        switch buildx {
        case .works: hasBuildx = true
        case .broken(let plugin): broken = plugin
        case .absent: break
        }
        if majors[0] >= 23, !hasBuildx, Bool(go: environment["DOCKER_BUILDKIT"] ?? "") == true {
            if let broken { throw .brokenBuildx(broken) }
            throw .needsBuildKit(what: "DOCKER_BUILDKIT=\(environment["DOCKER_BUILDKIT"] ?? "")")
        }
        let builder = Builder.choose(
            clientMajor: majors[0],
            hasBuildx: hasBuildx,
            dockerBuildKit: environment["DOCKER_BUILDKIT"]
        )
        return BuilderCapabilities(
            builder: builder,
            clientMajor: majors[0],
            serverMajor: majors[1],
            brokenBuildx: broken
        )
    }

    /// Why the builder cannot send the layers of all stages to a registry. Nil if it can. Runs at most three processes.
    ///
    /// - Parameters:
    ///   - builder: the builder of this machine
    ///   - name: the requested buildx builder. Without one, `docker build` uses the builder of the Docker context,
    ///     regardless of `docker buildx use` (docker/cli 3676)
    package func obstacleToLayerExport(_ builder: Builder, named name: String?) async throws(DockerError) -> String? {
        guard builder == .buildx else { return LayerExportObstacle.noBuildx }
        var wanted = name ?? ""
        if wanted.isEmpty { wanted = try await capture(["context", "show"]).output.trimmingWhitespace() }
        let arguments = ["buildx", "inspect"] + (wanted.isEmpty ? [] : [wanted])
        let inspected = try await capture(arguments)
        guard inspected.status == 0 else { throw failure(arguments, inspected) }
        guard let driver = LayerExportObstacle.driver(inspected.output) else {
            throw .unexpectedAnswer(command: "docker buildx inspect", message: inspected.output.trimmingWhitespace())
        }
        guard driver == "docker" else { return nil }
        let question = ["info", "--format", "{{json .DriverStatus}}"]
        let answer = try await capture(question)
        guard answer.status == 0 else { throw failure(question, answer) }
        return LayerExportObstacle.ofDockersDriver(status: answer.output)
    }

    /// Queries the daemon for the platform that it runs on.
    package func serverPlatform() async throws(DockerError) -> Platform {
        let arguments = ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]
        let answer = try await capture(arguments)
        guard answer.status == 0 else { throw failure(arguments, answer) }
        guard let platform = Platform(answer.output.trimmingWhitespace()) else {
            throw .unexpectedAnswer(command: "docker version", message: answer.output.trimmingWhitespace())
        }
        return platform
    }
}
