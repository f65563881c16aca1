import Docker
import SystemPackage
import Testing

@testable import Doctor

@Suite struct DockerFindingTests {
    private typealias Versions = Result<DockerVersions, DockerError>

    private static func versions(_ client: String, _ server: String?) -> Versions {
        let failure: DockerError? = server == nil ? .daemonUnreachable(host: nil, message: "no such socket") : nil
        return .success(DockerVersions(client: client, server: server, failure: failure))
    }

    @Test func theClientIsNamed() {
        #expect(
            DockerFinding.client(Self.versions("28.1.1", nil), executable: "/usr/bin/docker")
                == .ok("28.1.1 at /usr/bin/docker (tested: 20.10, 26.1, 28.5)")
        )
        #expect(
            DockerFinding.client(Self.versions("19.03.15", "20.10.0"), executable: nil)
                == .warning(
                    "19.03.15 is older than all that is tested (tested: 20.10, 26.1, 28.5)",
                    advice: "Update the Docker client to 20.10 or newer."
                )
        )
        #expect(DockerFinding.client(.failure(.clientMissing), executable: nil).status == .problem)
        #expect(
            DockerFinding.client(.failure(.timedOut(command: "docker --version", seconds: 10)), executable: nil).text
                == "`docker --version` did not end within 10 seconds. See whether the daemon hangs, or its machine is "
                + "overloaded."
        )
    }

    private static let daemons: [(Versions, host: String?, Finding.Status, text: String)] = [
        (versions("28.1.1", "27.0.0"), nil, .ok, "27.0.0"),
        (versions("28.1.1", "27.0.0"), "tcp://build:2376", .ok, "27.0.0 at tcp://build:2376"),
        (versions("28.1.1", "20.10.24+dfsg1"), nil, .ok, "20.10.24+dfsg1 (tested:"),
        (versions("28.1.1", "20.9.0"), nil, .warning, "20.9.0 is older than all that is tested"),
        (versions("28.1.1", "18.09.1"), "tcp://build:2376", .warning, "18.09.1 at tcp://build:2376 is older"),
        (versions("28.1.1", "dev"), nil, .ok, "dev (tested"),
        (versions("28.1.1", nil), nil, .problem, "does not answer"),
        (.failure(.clientMissing), nil, .skipped, "no docker"),
    ]

    @Test(arguments: daemons.indices)
    func theDaemonIsJudged(position: Int) {
        let (versions, host, status, text) = Self.daemons[position]
        let finding = DockerFinding.daemon(versions, host: host)
        #expect(finding.status == status)
        #expect(finding.text.contains(text))
    }

    private static let broken = BrokenBuildx(file: "/p/docker-buildx", message: "fork/exec: exec format error")

    private static let builders: [(Versions, buildx: BuildxPlugin, variable: String?, Finding.Status, text: String)] = [
        (versions("28.1.1", "28.1.1"), .works(version: "v0.23.0"), nil, .ok, "buildx v0.23.0"),
        (versions("28.1.1", "28.1.1"), .works(version: ""), nil, .ok, "buildx: secrets"),
        (versions("28.1.1", "28.1.1"), .absent, nil, .warning, "legacy"),
        (versions("28.1.1", "28.1.1"), .absent, "1", .problem, "DOCKER_BUILDKIT is 1"),
        (versions("28.1.1", "28.1.1"), .works(version: "v0.23.0"), "0", .warning, "legacy"),
        (versions("20.10.24+dfsg1", "20.10.24"), .absent, nil, .ok, "layers come from this machine alone"),
        (versions("20.10.24+dfsg1", "23.0.1"), .absent, nil, .ok, "layers from images in a registry"),
        (versions("20.10.24+dfsg1", "20.10.24"), .absent, "0", .warning, "legacy"),
        (versions("28.1.1", "28.1.1"), .broken(broken), nil, .problem, "/p/docker-buildx is executable"),
        (versions("28.1.1", "28.1.1"), .broken(broken), "1", .problem, "exec format error"),
        (versions("28.1.1", "28.1.1"), .broken(broken), "0", .warning, "legacy"),
        (versions("28.1.1", nil), .works(version: "v0.23.0"), nil, .skipped, "no daemon"),
        (.failure(.clientMissing), .absent, nil, .skipped, "no daemon"),
    ]

    @Test(arguments: builders.indices)
    func theBuilderIsJudged(position: Int) {
        let (versions, buildx, variable, status, text) = Self.builders[position]
        let finding = DockerFinding.builder(versions, buildx: buildx, variable: variable)
        #expect(finding.status == status)
        #expect(finding.text.contains(text), "\(finding.text)")
    }

    private static let demands: [(Builder, secrets: Bool, obstacle: String?, Finding.Status, text: String)] = [
        (.buildx, true, nil, .ok, "it can do what the options ask"),
        (.buildKit, true, nil, .ok, "it can do what the options ask"),
        (.legacy, false, nil, .ok, "it can do what the options ask"),
        (.legacy, true, nil, .problem, "the option secrets needs BuildKit"),
        (.buildKit, false, "the builder is not buildx", .problem, "layer-cache is max, which this builder cannot do"),
    ]

    @Test(arguments: demands.indices)
    func whatTheOptionsAskOfTheBuilderIsJudged(position: Int) {
        let (builder, secrets, obstacle, status, text) = Self.demands[position]
        let finding = DockerFinding.options(builder: builder, hasSecrets: secrets, layerObstacle: obstacle)
        #expect(finding.status == status)
        #expect(finding.text.contains(text))
        #expect((finding.advice != nil) == (status == .problem))
    }

    private static let disks: [(bytes: Int64, files: Int64?, Finding.Status)] = [
        (50_000_000_000, nil, .ok), (5_000_000_000, 100, .ok), (4_999_999_999, nil, .warning),
        (1_000_000_000, nil, .warning), (999_999_999, nil, .problem), (0, nil, .problem),
        (50_000_000_000, 99, .problem),
    ]

    @Test(arguments: disks.indices)
    func theRoomOnADiskIsJudged(position: Int) {
        let (bytes, files, status) = Self.disks[position]
        let state = FileSystemState(kind: .local("ext4"), available: bytes, freeFiles: files)
        let finding = SpaceFinding.docker.judge(state, place: "/var/lib/docker")
        #expect(finding.status == status)
        #expect((finding.advice != nil) == (status != .ok))
        #expect(finding.text.contains("/var/lib/docker"))
    }
}
