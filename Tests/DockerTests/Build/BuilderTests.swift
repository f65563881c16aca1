@testable import Docker
import Images
import SystemPackage
import Testing

@Suite struct BuilderTests {
    @Test(
        arguments: [
            (20, false, nil, Builder.buildKit), (20, false, "1", .buildKit), (20, true, nil, .buildKit),
            (20, false, "0", .legacy), (28, false, nil, .legacy), (28, false, "1", .legacy), (28, true, nil, .buildx),
            (28, true, "0", .legacy), (23, true, "1", .buildx),
        ] as [(Int, Bool, String?, Builder)]
    )
    func theBuilderFollowsFromClientPluginAndVariable(
        clientMajor: Int,
        hasBuildx: Bool,
        variable: String?,
        expected: Builder
    ) {
        #expect(
            Builder.choose(clientMajor: clientMajor, hasBuildx: hasBuildx, dockerBuildKit: variable) == expected
        )
    }

    @Test func everyPartOfTheRequestReachesTheCommandLine() throws {
        var request = BuildRequest(
            context: "some dir",
            dockerfile: .file("some dir/Dockerfile"),
            image: try ImageReference(repository: RepositoryName("app"), tag: "abc")
        )
        #expect(request.arguments == ["build", "--file", "some dir/Dockerfile", "--tag", "app:abc", "--", "some dir"])
        request.dockerfile = .inline(Array("FROM scratch".utf8))
        request.target = "final"
        request.platform = Platform("linux/arm64")
        request.buildArguments = ["A=1 2", "B"]
        request.secrets = ["id=token,env=TOKEN"]
        request.labels = [("name", "value")]
        request.layerSources = [.image("host.example/app:latest"), .other("type=gha")]
        request.layerExport = .inline
        request.startsAnew = true
        request.pullsBases = true
        request.additionalArguments = ["--network", "none"]
        #expect(
            request.arguments == [
                "build", "--file", "-", "--tag", "app:abc", "--target", "final", "--platform", "linux/arm64",
                "--build-arg", "A=1 2", "--build-arg", "B", "--build-arg", "BUILDKIT_INLINE_CACHE=1",
                "--secret", "id=token,env=TOKEN", "--label", "name=value", "--cache-from", "host.example/app:latest",
                "--cache-from", "type=gha", "--pull", "--no-cache", "--network", "none", "--", "some dir",
            ]
        )
    }

    @Test func layersThatCannotBeSentAreNoReasonToFail() throws {
        let name = try RepositoryName("host.example/app")
        var request = BuildRequest(
            context: ".",
            dockerfile: .file("Dockerfile"),
            image: try ImageReference(repository: name, tag: "abc")
        )
        request.layerExport = .registry(try ImageReference(repository: name, tag: "layers"))
        let target = request.arguments.firstIndex(of: "--cache-to").map { request.arguments[$0 + 1] }
        let fields = Set((target ?? "").split(separator: ","))
        #expect(
            fields.isSuperset(of: ["type=registry", "mode=max", "ignore-error=true", "ref=host.example/app:layers"])
        )
    }

    @Test(
        arguments: [
            ("Name:          default\nDriver:        docker\nLast Activity: x\n\nNodes:\nDriver: other", "docker"),
            ("Name:   b\nDriver: docker-container\n", "docker-container"),
            ("Name: b", nil), ("", nil),
        ] as [(String, String?)]
    )
    func theDriverIsReadFromBuildxsAnswer(answer: String, driver: String?) {
        #expect(LayerExportObstacle.driver(answer) == driver)
    }

    @Test func dockersDriverExportsLayersFromContainerdsStoreAlone() {
        #expect(
            LayerExportObstacle.ofDockersDriver(status: #"[["driver-type","io.containerd.snapshotter.v1"]]"#) == nil
        )
        #expect(LayerExportObstacle.ofDockersDriver(status: #"[["Backing Filesystem","extfs"]]"#) != nil)
    }
}
