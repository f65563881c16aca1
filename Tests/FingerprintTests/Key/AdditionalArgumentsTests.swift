import Fingerprint
import Testing

@Suite struct AdditionalArgumentsTests {
    static func read(_ words: [String], _ environment: [String: String] = [:]) -> AdditionalArguments {
        AdditionalArguments(words: words, environment: environment)
    }

    @Test(arguments: [
        ["--file", "x/Dockerfile"], ["--file=x/Dockerfile"], ["-f", "x/Dockerfile"], ["-fx/Dockerfile"],
        ["-f=x/Dockerfile"], ["-qf", "x/Dockerfile"], ["-qfx/Dockerfile"], ["-Dqf=x/Dockerfile"],
        ["--file", "other", "--file", "x/Dockerfile"],
    ])
    func theDockerfileIsFound(words: [String]) {
        #expect(Self.read(words).dockerfile == "x/Dockerfile")
    }

    @Test(arguments: [["--label", "--file"], ["--progress", "plain"], ["--tag=-f"], []])
    func theValueOfAnotherFlagIsNoFlag(words: [String]) {
        #expect(Self.read(words).dockerfile == nil)
    }

    @Test func thePlatformIsFound() {
        #expect(Self.read(["--platform", "linux/arm64"]).platform == "linux/arm64")
        #expect(Self.read(["--platform=linux/arm64"]).platform == "linux/arm64")
    }

    @Test(arguments: [
        (["--platform", "linux/arm64"], []),
        (["--platform=linux/arm64", "--network", "none"], ["--network", "none"]),
        (["-q", "--label", "a=b", "--platform", "linux/arm64", "--pull"], ["-q", "--label", "a=b", "--pull"]),
        (["--label", "--platform", "x", "-qf", "y"], ["--label", "--platform", "x", "-qf", "y"]),
        (["--platform", "a", "--platform=b"], []),
        ([], []),
    ])
    func thePlatformCanBeLeftOut(words: [String], without: [String]) {
        #expect(Self.read(words).wordsWithoutPlatform == without)
    }

    @Test func namedContextsOfThisMachineAreToldFromOthers() {
        let arguments = Self.read([
            "--build-context", "base=../base", "--build-context=img=docker-image://alpine:3",
            "--build-context", "git=https://example.com/x.git", "--build-context", "layout=oci-layout://dir/x:tag",
        ])
        #expect(arguments.localContexts.map(\.name) == ["base", "layout"])
        #expect(arguments.localContexts.map(\.path) == ["../base", "dir/x"])
    }

    @Test func aValueFromTheEnvironmentCounts() {
        #expect(Self.read(["--build-arg", "A"], ["A": "1"]) != Self.read(["--build-arg", "A"], ["A": "2"]))
        #expect(Self.read(["--build-arg", "A"], ["A": ""]) != Self.read(["--build-arg", "A"]))
        #expect(Self.read(["--build-arg", "A"], ["B": "1"]) == Self.read(["--build-arg", "A"]))
    }

    @Test(arguments: [["--push"], ["-o", "out"], ["--output=type=tar"], ["--network", "none", "--push"]])
    func flagsThatTakeTheImageAwayAreNamed(words: [String]) {
        #expect(Self.read(words).unusable.count == 1)
    }

    @Test(
        arguments: [
            (["dir"], ["dir"]), (["--no-cache", "dir"], ["dir"]), (["--", "dir"], ["--", "dir"]),
            (["--network", "none"], []),
            (["--some-new-flag", "value"], []), (["-t", "name", "-"], ["-"]), (["--file", "-"], []),
        ] as [([String], [String])]
    )
    func wordsThatAreNoFlagAreFound(words: [String], expected: [String]) {
        #expect(Self.read(words).positional == expected)
    }
}
