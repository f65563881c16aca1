import Images
import Testing

@testable import Docker

@Suite struct ImageDetailsTests {
    private static let digest = Digest(of: "manifest".utf8)
    private static let other = Digest(of: "other".utf8)

    /// - Parameter listed: the digests that Docker lists for the image
    @Test(
        arguments: [
            (["registry.example/team/app@\(digest)"], "registry.example/team/app", true),
            (["registry.example/team/app@\(other)"], "registry.example/team/app", false),
            (
                ["registry.example/team/app@\(other)", "registry.example/team/app@\(digest)"],
                "registry.example/team/app", true
            ),
            (["registry.example/team/other@\(digest)"], "registry.example/team/app", false),
            ([], "registry.example/team/app", false),
            // Docker lists images on Docker Hub without the host, and official images without a directory.
            (["team/app@\(digest)"], "docker.io/team/app", true),
            (["app@\(digest)"], "docker.io/library/app", true),
        ] as [([String], String, Bool)]
    )
    func anImageIsKnownByWhatWasPushedOrPulled(listed: [String], repository: String, isKnown: Bool) throws {
        let image = ImageDetails(id: "sha256:0", size: 1, created: "", labels: [:], repositoryDigests: listed)
        #expect(try image.isKnown(as: Self.digest, in: RepositoryName(repository)) == isKnown)
    }

    /// With containerd's image store, the image's id is the digest of its manifest.
    @Test func anImageIsKnownByItsIdentifier() throws {
        let image = ImageDetails(
            id: Self.digest.description,
            size: 1,
            created: "",
            labels: [:],
            repositoryDigests: []
        )
        #expect(try image.isKnown(as: Self.digest, in: RepositoryName("registry.example/app")))
    }
}
