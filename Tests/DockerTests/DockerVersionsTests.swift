import Docker
import Testing

@Suite struct DockerVersionsTests {
    @Test(arguments: [
        ("19.03.15", true), ("20.9.1", true), ("20.10.24+dfsg1", false), ("20.10", false), ("28.5.2", false),
        ("1.13.1", true), ("dev", false), ("", false), ("20", false),
    ])
    func theFirstTwoNumbersDecideWhichVersionIsOlder(version: String, isOlder: Bool) {
        #expect(DockerVersions.isOlder(version, than: "20.10") == isOlder)
    }
}
