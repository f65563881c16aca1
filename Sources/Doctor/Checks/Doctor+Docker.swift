import Host
import PluginConfiguration
import Docker
import Fingerprint
package import SystemPackage

extension Doctor {
    /// The checks of the docker command, its daemon, its builder and its disk.
    var dockerChecks: [DoctorCheck] {
        let environment = surroundings.environment
        let client = Result { () throws(DockerError) in
            try DockerClient(environment: environment, log: surroundings.log)
        }
        let location = DaemonLocation(environment: environment, home: surroundings.home)
        let versions = Fact { await Self.result(client) { client throws(DockerError) in try await client.versions() } }
        return [
            DoctorCheck(.dockerClient) {
                DockerFinding.client(await versions.value(), executable: (try? client.get())?.executable)
            },
            DoctorCheck(.dockerDaemon) {
                DockerFinding.daemon(await versions.value(), host: Self.host(location, environment))
            },
            DoctorCheck(.builder) {
                let versions = await versions.value()
                let buildx = await Self.result(client) { client throws(DockerError) in
                    // Clients before 23 do not need it.
                    guard case .success(let versions) = versions, DockerVersions.major(versions.client) >= 23 else {
                        return BuildxPlugin.absent
                    }
                    return try await client.buildx()
                }
                guard case .success(let found) = buildx else { return DockerFinding.failed(buildx) }
                return DockerFinding.builder(versions, buildx: found, variable: environment["DOCKER_BUILDKIT"])
            },
            DoctorCheck(.dockerDisk) {
                guard case .success(let versions) = await versions.value(), versions.server != nil else {
                    return .skipped("there is no daemon to ask where it is")
                }
                guard location == .thisMachine else { return .skipped("the daemon is on another machine") }
                let directory = await Self.result(client) { client throws(DockerError) in
                    try await client.dataDirectory()
                }
                guard case .success(let directory) = directory else { return DockerFinding.failed(directory) }
                let path = FilePath(directory)
                guard path.nearestExisting == path else {
                    return .skipped("\(path) cannot be seen from here: the daemon is elsewhere")
                }
                return Self.space(of: path, .docker)
            },
        ]
    }

    /// Checks whether the builder supports the options.
    func builderOptionsCheck(_ cache: CacheConfiguration, _ inputs: InputConfiguration) -> DoctorCheck {
        DoctorCheck(.builderOptions) {
            let environment = surroundings.environment
            do throws(DockerError) {
                let client = try DockerClient(environment: environment, log: surroundings.log)
                let builder = try await client.builderCapabilities().builder
                var obstacle: String?
                if cache.layerCache == .max, cache.saves {
                    let name = inputs.chosenBuilder(environment: environment)
                    obstacle = try await client.obstacleToLayerExport(builder, named: name)
                }
                return DockerFinding.options(
                    builder: builder,
                    hasSecrets: !inputs.secrets.isEmpty,
                    layerObstacle: obstacle
                )
            } catch {
                // The checks of docker itself have reported why.
                return .skipped("the builder cannot be queried")
            }
        }
    }

    /// The verdict on the free space on the disk of `path`.
    package static func space(of path: FilePath, _ limits: SpaceFinding) -> Finding {
        do throws(Errno) {
            return limits.judge(try FileSystemState(of: path), place: path.string)
        } catch {
            return .skipped("\(path) cannot be looked at: \(error)")
        }
    }

    private static func host(_ location: DaemonLocation, _ environment: [String: String]) -> String? {
        if let host = environment["DOCKER_HOST"], !host.isEmpty { return host }
        if case .elsewhere(let address) = location { return address }
        return nil
    }

    private static func result<Answer>(
        _ client: Result<DockerClient, DockerError>,
        _ ask: (DockerClient) async throws(DockerError) -> Answer
    ) async -> Result<Answer, DockerError> {
        do throws(DockerError) {
            return .success(try await ask(try client.get()))
        } catch {
            return .failure(error)
        }
    }
}
