import Images
import Testing

@Suite struct RegistryReferenceTests {
    private static let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    private static let identifier = String(repeating: "a", count: 64)
    private static let longestTag = String(repeating: "t", count: 128)

    @Test(arguments: [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("library/alpine", "docker.io/library/alpine:latest"),
        ("team/app", "docker.io/team/app:latest"),
        ("a/b/c", "docker.io/a/b/c:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/alpine:3", "docker.io/library/alpine:3"),
        ("docker.io/team/app", "docker.io/team/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("localhost:5000/app:1", "localhost:5000/app:1"),
        ("[::1]:5000/app:1", "[::1]:5000/app:1"),
        ("quay.io/a/b:v1", "quay.io/a/b:v1"),
        ("MyHost/app", "MyHost/app:latest"),
        ("app:\(longestTag)", "docker.io/library/app:\(longestTag)"),
        ("app@\(digest)", "docker.io/library/app@\(digest)"),
        ("quay.io/app:v1@\(digest)", "quay.io/app:v1@\(digest)"),
        ("\(identifier):1", "docker.io/library/\(identifier):1"),
    ])
    func aNameIsReadAsDockerReadsIt(text: String, expected: String) throws {
        #expect(try RegistryReference(text).description == expected)
    }

    @Test(arguments: [
        ("", NameError.empty),
        ("app:", .malformedTag("")),
        (":1", .emptyComponent),
        ("App", .uppercase(component: "App")),
        ("quay.io/App", .uppercase(component: "App")),
        ("app:a/b:c", .malformedHost("app:a")),
        ("app:.1", .malformedTag(".1")),
        ("app:\(longestTag)t", .malformedTag(longestTag + "t")),
        ("app@sha256:12", .malformedDigest("sha256:12")),
        ("app@", .malformedDigest("")),
        ("@\(digest)", .emptyComponent),
        ("quay.io/", .emptyComponent),
        ("quay.io:x/app", .malformedHost("quay.io:x")),
        ("a b", .character(component: "a b")),
        (identifier, .looksLikeIdentifier),
    ])
    func whatDockerWouldNotPullIsRefused(text: String, error: NameError) {
        #expect(throws: error) { try RegistryReference(text) }
    }

    @Test func theDigestCountsBeforeTheTag() throws {
        #expect(try RegistryReference("app:v1@\(Self.digest)").target == Self.digest)
        #expect(try RegistryReference("app:v1").target == "v1")
        #expect(try RegistryReference("app").target == "latest")
    }

    @Test func aNameWithoutAHostIsOnDockerHub() throws {
        let reference = try ImageReference(repository: RepositoryName("alpine"), tag: "3")
        #expect(try RegistryReference(reference).description == "docker.io/library/alpine:3")
    }
}
