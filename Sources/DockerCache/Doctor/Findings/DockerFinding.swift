import Docker
import SystemPackage

/// What docker's answers mean for the plugin.
enum DockerFinding {
    /// The command itself.
    static func client(_ versions: Result<DockerVersions, DockerError>, executable: FilePath?) -> Finding {
        switch versions {
        case .success(let versions):
            .ok("\(versions.client)\(executable.map { " at \($0)" } ?? "")")
        case .failure(.clientMissing):
            .problem(
                "there is no docker command on PATH",
                advice: "Install the docker client on this agent, or add its directory to PATH."
            )
        case .failure(let error):
            .problem(error)
        }
    }

    /// What the command talks to.
    ///
    /// - Parameter host: `DOCKER_HOST`, or whatever else says where the daemon is; nil for the usual place
    static func daemon(_ versions: Result<DockerVersions, DockerError>, host: String?) -> Finding {
        guard case .success(let versions) = versions else { return .skipped("there is no docker to ask it with") }
        guard let server = versions.server else {
            return .problem(versions.failure?.description ?? "it does not answer")
        }
        return .ok("\(server)\(host.map { " at \($0)" } ?? "")")
    }

    /// What builds, and what it can.
    ///
    /// - Parameters:
    ///   - buildx: the version of the plugin; nil where there is none
    ///   - variable: `DOCKER_BUILDKIT`
    static func builder(
        _ versions: Result<DockerVersions, DockerError>,
        buildx: String?,
        variable: String?
    ) -> Finding {
        guard case .success(let versions) = versions, let server = versions.server else {
            return .skipped("there is no daemon to build with")
        }
        let clientMajor = DockerVersions.major(versions.client)
        let hasBuildx = buildx != nil
        if clientMajor >= 23, !hasBuildx, ["1", "true"].contains(variable ?? "") {
            return .problem(
                "DOCKER_BUILDKIT is \(variable ?? ""), and this docker needs buildx for that, which it lacks",
                advice: "Install the docker-buildx plugin, or take the variable away."
            )
        }
        let capabilities = BuilderCapabilities(
            builder: Builder.choose(clientMajor: clientMajor, hasBuildx: hasBuildx, dockerBuildKit: variable),
            clientMajor: clientMajor,
            serverMajor: DockerVersions.major(server)
        )
        switch capabilities.builder {
        case .buildx:
            let version = buildx.map { $0.isEmpty ? "" : " \($0)" } ?? ""
            return .ok("buildx\(version): secrets, and layers from images in a registry")
        case .buildKit where capabilities.isSafeWithInlineCache:
            return .ok("BuildKit in the daemon: secrets, and layers from images in a registry")
        case .buildKit:
            return .ok("BuildKit in the daemon: secrets; layers come from this machine alone, which 23 would change")
        case .legacy:
            let advice =
                ["0", "false"].contains(variable ?? "")
                ? "Take DOCKER_BUILDKIT=\(variable ?? "") away." : "Install the docker-buildx plugin."
            return .warning(
                "the legacy builder: no secrets, no layers from a registry, and the whole context counts in every key",
                advice: advice
            )
        }
    }

    /// A question that got no answer. Without a client that has been said before.
    static func failed<Answer>(_ answer: Result<Answer, DockerError>) -> Finding {
        switch answer {
        case .success: .ok("it answers")
        case .failure(.clientMissing): .skipped("there is no docker to ask")
        case .failure(let error): .problem(error)
        }
    }
}
