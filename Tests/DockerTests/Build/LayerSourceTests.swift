import Docker
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
        ] as [(String, LayerSource?)]
    )
    func aSourceIsAnImageOrOneOfBuildxsKinds(text: String, expected: LayerSource?) {
        #expect(LayerSource(text) == expected)
    }
}
