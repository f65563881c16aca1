import Docker
import SystemPackage

/// The verdicts on docker's answers.
enum DockerFinding {
    /// The verdict on the client.
    package static func client(_ versions: Result<DockerVersions, DockerError>, executable: FilePath?) -> Finding {
        switch versions {
        case .success(let versions):
            judge(versions.client, place: executable.map { " at \($0)" } ?? "", what: "client")
        case .failure(.clientMissing):
            .problem(
                "there is no docker command on PATH",
                advice: "Install the docker client on this agent, or add its directory to PATH."
            )
        case .failure(let error):
            .problem(error)
        }
    }

    /// The verdict on the daemon.
    ///
    /// - Parameter host: `DOCKER_HOST`, or another address of the daemon; nil for the default
    package static func daemon(_ versions: Result<DockerVersions, DockerError>, host: String?) -> Finding {
        guard case .success(let versions) = versions else {
            return .skipped("there is no docker command to query it with")
        }
        guard let server = versions.server else {
            return .problem(versions.failure?.description ?? "it does not answer")
        }
        return judge(server, place: host.map { " at \($0)" } ?? "", what: "daemon")
    }

    /// The versions that the tests run on: see `script/lib/docker-kinds.sh`.
    static let testedVersions = ["20.10", "26.1", "28.5"]

    /// The verdict on a version. Every version from the oldest tested one on is expected to work.
    private static func judge(_ version: String, place: String, what: String) -> Finding {
        let tested = "tested: \(testedVersions.joined(separator: ", "))"
        guard DockerVersions.isOlder(version, than: testedVersions[0]) else {
            return .ok("\(version)\(place) (\(tested))")
        }
        return .warning(
            "\(version)\(place) is older than all that is tested (\(tested))",
            advice: "Update the Docker \(what) to \(testedVersions[0]) or newer."
        )
    }

    /// Whether the builder supports the options. If it does not, a build is refused.
    ///
    /// - Parameters:
    ///   - layerObstacle: why the layers of all stages cannot be sent to a registry; nil if they can, or need not
    package static func options(builder: Builder, hasSecrets: Bool, layerObstacle: String?) -> Finding {
        if hasSecrets, !builder.isBuildKit {
            return .problem(
                "the option secrets needs BuildKit, and the builder is the legacy one",
                advice: "Install the docker-buildx plugin, or unset DOCKER_BUILDKIT."
            )
        }
        if let layerObstacle {
            return .problem(
                "the option layer-cache is max, which this builder cannot do: \(layerObstacle)",
                advice: "Or set layer-cache: auto."
            )
        }
        return .ok("it can do what the options ask")
    }

    /// The verdict on the builder, and its features.
    ///
    /// - Parameters:
    ///   - buildx: the plugin, which clients before version 23 do not need
    ///   - variable: `DOCKER_BUILDKIT`
    package static func builder(
        _ versions: Result<DockerVersions, DockerError>,
        buildx: BuildxPlugin,
        variable: String?
    ) -> Finding {
        guard case .success(let versions) = versions, let server = versions.server else {
            return .skipped("there is no daemon to build with")
        }
        let clientMajor = DockerVersions.major(versions.client)
        if case .broken(let plugin) = buildx, !["0", "false"].contains(variable ?? "") {
            return .problem("the buildx plugin does not work: \(plugin)", advice: BrokenBuildx.advice)
        }
        var hasBuildx = false
        if case .works = buildx { hasBuildx = true }
        if clientMajor >= 23, !hasBuildx, ["1", "true"].contains(variable ?? "") {
            return .problem(
                "DOCKER_BUILDKIT is \(variable ?? ""), and this docker needs buildx for that, which is missing",
                advice: "Install the docker-buildx plugin, or unset DOCKER_BUILDKIT."
            )
        }
        let capabilities = BuilderCapabilities(
            builder: Builder.choose(clientMajor: clientMajor, hasBuildx: hasBuildx, dockerBuildKit: variable),
            clientMajor: clientMajor,
            serverMajor: DockerVersions.major(server)
        )
        switch capabilities.builder {
        case .buildx:
            var shown = ""
            if case .works(let version) = buildx, !version.isEmpty { shown = " \(version)" }
            return .ok("buildx\(shown): secrets, and layers from images in a registry")
        case .buildKit where capabilities.isSafeWithInlineCache:
            return .ok("BuildKit in the daemon: secrets, and layers from images in a registry")
        case .buildKit:
            return .ok("BuildKit in the daemon: secrets; layers come from this machine alone, which 23 would change")
        case .legacy:
            let advice =
                ["0", "false"].contains(variable ?? "")
                ? "Unset DOCKER_BUILDKIT." : "Install the docker-buildx plugin."
            return .warning(
                "the legacy builder: no secrets, no layers from a registry, and every key covers the whole context",
                advice: advice
            )
        }
    }

    /// The verdict on a query. A missing client was already reported.
    package static func failed<Answer>(_ answer: Result<Answer, DockerError>) -> Finding {
        switch answer {
        case .success: .ok("it answers")
        case .failure(.clientMissing): .skipped("there is no docker command to query")
        case .failure(let error): .problem(error)
        }
    }
}
