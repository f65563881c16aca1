import Images
import Testing

@Suite struct PlatformTests {
    @Test(arguments: [
        ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("Linux/AMD64", "linux/amd64"),
        ("linux/arm64/v8", "linux/arm64"), ("linux/aarch64", "linux/arm64"), ("linux/arm", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6"), ("linux/armhf", "linux/arm/v7"), ("arm64", "linux/arm64"),
        ("linux/386", "linux/386"), ("linux/amd64/v3", "linux/amd64/v3"), ("linux/amd64/v1", "linux/amd64"),
    ])
    func oneplatformHasOneName(text: String, expected: String) throws {
        let platform = try #require(Platform(text))
        #expect(platform.description == expected)
    }

    @Test(arguments: ["", "linux/", "/amd64", "linux/amd64,linux/arm64", "a/b/c/d", "linux amd64"])
    func whatIsNoPlatformIsRefused(text: String) {
        #expect(Platform(text) == nil)
    }
}
