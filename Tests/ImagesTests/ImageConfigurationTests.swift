import Images
import Testing

@Suite struct ImageConfigurationTests {
    @Test func whatAnImageSaysOfItselfIsRead() throws {
        let text = """
            {"created": "2026-11-20T10:00:00.5Z", "os": "linux", "architecture": "arm64", "variant": "v8",
             "config": {"Labels": {"a": "1"}, "Env": ["PATH=/bin", "EMPTY="], "OnBuild": ["RUN x", "COPY . ."]}}
            """
        let configuration = try ImageConfiguration(parsing: text.utf8)
        #expect(configuration.created == "2026-11-20T10:00:00.5Z")
        #expect(configuration.platform?.description == "linux/arm64")
        #expect(configuration.labels == ["a": "1"])
        #expect(configuration.environment == ["PATH=/bin", "EMPTY="])
        #expect(configuration.onBuild == ["RUN x", "COPY . ."])
    }

    @Test(arguments: [
        "{}",
        #"{"config": null, "created": null}"#,
        #"{"config": [], "created": 5, "os": 1, "architecture": {}}"#,
        #"{"config": {"Labels": null, "Env": null, "OnBuild": null}}"#,
        #"{"config": {"Labels": ["a"], "Env": "PATH=/bin", "OnBuild": {"a": "b"}}}"#,
        #"{"config": {"Labels": {"a": 1}, "Env": [1], "OnBuild": [null, [], {}]}, "os": "linux"}"#,
    ])
    func whatIsMissingOrOfAWrongKindIsAbsent(text: String) throws {
        let configuration = try ImageConfiguration(parsing: text.utf8)
        #expect(configuration.created == nil)
        #expect(configuration.platform == nil)
        #expect(configuration.labels.isEmpty)
        #expect(configuration.environment.isEmpty)
        #expect(configuration.onBuild.isEmpty)
    }

    @Test func namesAreFoundWithoutRegardToCaseAsDockerFindsThem() throws {
        let text = #"{"Config": {"onbuild": ["RUN x"], "ENV": ["A=1"]}}"#
        let configuration = try ImageConfiguration(parsing: text.utf8)
        #expect(configuration.onBuild == ["RUN x"])
        #expect(configuration.environment == ["A=1"])
    }

    @Test(arguments: ["", "null", "[]", "{", "<html></html>", "\"text\""])
    func whatIsNoJSONObjectIsRefused(text: String) {
        #expect(throws: ContentError.notJSON) { try ImageConfiguration(parsing: text.utf8) }
    }
}
