import Images
import Testing

@testable import Docker

/// buildx's report of a build, as Docker 28.5 with buildx 0.29 wrote it.
@Suite struct BuildReportTests {
    private static let digits = String(repeating: "e0", count: 32)

    private static func report(uri: String) -> BuildReport? {
        BuildReport(
            metadata: Array(
                """
                {
                  "buildx.build.provenance": {
                    "buildType": "https://mobyproject.org/buildkit@v1",
                    "materials": [{"uri": "\(uri)", "digest": {"sha256": "\(digits)"}}]
                  },
                  "buildx.build.ref": "default/default/z8zky62ds5pkots0yc49zc90j"
                }
                """.utf8
            )
        )
    }

    @Test(arguments: [
        ("pkg:docker/node@20?platform=linux%2Famd64", "node:20", "linux/amd64", true),
        ("pkg:docker/node@20?platform=linux%2Famd64", "docker.io/library/node:20", "linux/amd64", true),
        ("pkg:docker/node@20?platform=linux%2Famd64", "node:21", "linux/amd64", false),
        ("pkg:docker/team/app@latest?platform=linux%2Famd64", "team/app", "linux/amd64", true),
        ("pkg:docker/127.0.0.1:41033/base@1?platform=linux%2Famd64", "127.0.0.1:41033/base:1", "linux/amd64", true),
        ("pkg:docker/127.0.0.1%3A41033/base@1?platform=linux%2Famd64", "127.0.0.1:41033/base:1", "linux/amd64", true),
        ("pkg:docker/node@20?platform=linux%2Farm64", "node:20", "linux/amd64", true),
        ("pkg:docker/node@20", "node:20", "linux/amd64", true),
        (
            "pkg:docker/node@20?digest=sha256:\(digits)&platform=linux%2Famd64", "node:20@sha256:\(digits)",
            "linux/amd64", true
        ),
        (
            "pkg:docker/node?digest=sha256:\(digits)&platform=linux%2Famd64", "node@sha256:\(digits)", "linux/amd64",
            true
        ),
        ("pkg:github/moby/buildkit@v1", "buildkit:v1", "linux/amd64", false),
    ])
    func whatANameStoodForIsFound(uri: String, reference: String, platform: String, isFound: Bool) throws {
        let report = try #require(Self.report(uri: uri))
        let digest = report.digest(of: try RegistryReference(reference), platform: Platform(platform))
        #expect(digest?.description == (isFound ? "sha256:\(Self.digits)" : nil))
    }

    @Test func theLaterFormIsReadToo() throws {
        let text = """
            {"buildx.build.provenance": {"buildDefinition": {"resolvedDependencies": [
                {"uri": "pkg:docker/node@20", "digest": {"sha256": "\(Self.digits)"}}
            ]}}}
            """
        let report = try #require(BuildReport(metadata: Array(text.utf8)))
        #expect(report.materials.map(\.reference.description) == ["docker.io/library/node:20"])
    }

    /// A build for two platforms, or a name that moved during the build.
    @Test func twoAnswersAreNone() throws {
        let reference = try RegistryReference("node:20")
        let materials = ["a", "b"].map { name in
            BuildReport.Material(reference: reference, platform: nil, digest: Digest(of: name.utf8))
        }
        #expect(BuildReport(materials: materials).digest(of: reference, platform: nil) == nil)
    }

    /// buildx 0.13 on Docker 26.1 does not report it.
    @Test(arguments: ["", "{", "[]", #"{"buildx.build.ref": "default/default/mnv8"}"#])
    func whatSaysNothingIsNoReport(text: String) {
        #expect(BuildReport(metadata: Array(text.utf8)) == nil)
    }
}
