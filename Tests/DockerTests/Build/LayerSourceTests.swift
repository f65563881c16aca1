import Docker
import Images
import Testing

@Suite struct LayerSourceTests {
    @Test(
        arguments: [
            ("alpine", .image("alpine")),
            ("host.example:5000/app:latest", .image("host.example:5000/app:latest")),
            ("type=registry,ref=host.example/app:1", .image("host.example/app:1")),
            ("ref=host.example/app:1,type=registry", .image("host.example/app:1")),
            ("type=registry,ref=host.example/app,x=y", .other("type=registry,ref=host.example/app,x=y")),
            ("type=local,src=some/where", .other("type=local,src=some/where")),
            ("type=gha", .other("type=gha")),
            ("Not A Name", nil), ("type=registry", nil), ("type=registry,ref=", nil), ("type=registry,ref=A B", nil),
            ("type=local,src", nil), ("type=", nil), ("src=x", nil), ("", nil),
            // buildx reads a line of CSV, and does not distinguish the case of keys.
            ("type=registry,REF=host.example/app:1", .image("host.example/app:1")),
            ("Type=registry,ref=host.example/app:1", .image("host.example/app:1")),
            ("TYPE=registry,ref=a.example/b,Ref=C", nil),
            ("type=registry,ref=a.example/b,\"ref=host.example/app,c\"", nil),
            ("type=registry,\"ref=host.example/app:1\"", nil),
            ("\"type=registry\",ref=host.example/app:1", nil),
            ("type=local,src=a\"b", nil),
            ("type=registry,ref=host.example/app:1\n", nil), ("type=registry,ref=host.example/app:1\r\nx", nil),
            ("type=registry, ref=host.example/app:1", nil),
        ] as [(String, LayerSource?)]
    )
    func aSourceIsAnImageOrOneOfBuildxsKinds(text: String, expected: LayerSource?) {
        #expect(LayerSource(text) == expected)
    }

    @Test(arguments: [
        ("host.example/app", true), ("host.example/app:1", true), ("HOST.example/app", true),
        ("host.example:443/app", true), ("host.example:80/app", true), ("host.example:5000/app", false),
        ("type=registry,ref=host.example/app,x=y", true), ("type=registry,REF=host.example:443/app,x=y", true),
        ("type=registry,ref=other.example/app,ref=host.example/app", true),
        ("type=registry,ref=host.example/app/x,x=y", false), ("type=local,src=host.example/app", false),
        ("other.example/app", false), ("app", false),
    ])
    func whichRepositoryASourceIsIn(text: String, isThere: Bool) throws {
        let source = try #require(LayerSource(text))
        #expect(source.isIn(try RepositoryName("host.example/app")) == isThere)
        #expect(source.isIn(try RepositoryName("host.example:443/app")) == isThere)
    }

    @Test(arguments: ["app", "docker.io/library/app", "index.docker.io/app:1", "type=registry,ref=app,x=y"])
    func aNameWithoutAHostIsOnDockerHub(text: String) throws {
        let source = try #require(LayerSource(text))
        #expect(source.isIn(try RepositoryName("docker.io/library/app")))
        #expect(!source.isIn(try RepositoryName("host.example/app")))
    }
}
