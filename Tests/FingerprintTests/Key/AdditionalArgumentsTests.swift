import Fingerprint
import Testing

@Suite struct AdditionalArgumentsTests {
    static func read(_ words: [String]) -> AdditionalArguments { AdditionalArguments(words: words) }

    static func key(_ words: [String]) -> Key {
        var inputs = KeyInputs(platform: "linux/amd64")
        inputs.additionalArguments = read(words)
        return inputs.key
    }

    @Test(arguments: [
        ["--progress=plain"], ["-q"], ["--quiet"], ["--load"], ["--metadata-file", "m.json"], ["--iidfile=id"], ["-D"],
        ["--rm=false", "--force-rm", "--compress"], ["--cache-from", "a", "--cache-to=type=inline"],
        ["--builder", "b"], ["--allow", "network.host"],
        ["--platform", "linux/amd64"], ["--target=t"], ["-f", "x"], ["--build-arg", "A=1"],
        ["--build-context", "a=dir"],
    ])
    func whatChangesNoContentOrCountsElsewhereDoesNotCountHere(words: [String]) {
        #expect(Self.key(words) == KeyInputs(platform: "linux/amd64").key)
    }

    @Test(arguments: [
        ["--provenance=true"], ["--sbom=true"], ["--attest", "type=sbom"], ["--annotation", "a=b"], ["--label", "a=b"],
        ["--network=none"], ["--add-host", "a:1.2.3.4"], ["--no-cache"], ["--pull"], ["--squash"], ["--ulimit", "a=1"],
        ["--secret", "id=a"], ["--ssh", "default"], ["--security-opt", "a"], ["--shm-size=1g"], ["-m", "1g"],
        ["--some-new-flag"], ["--some-new-flag=x"], ["--some-new-flag", "x"],
        ["--build-context", "a=docker-image://x"], ["--build-context", "a=oci-layout://dir:tag"],
    ])
    func whatDecidesTheImageCounts(words: [String]) {
        #expect(Self.key(words) != KeyInputs(platform: "linux/amd64").key)
        #expect(Self.key(words + ["-q"]) == Self.key(words))
        #expect(Self.key(words) != Self.key(words + words))
    }

    @Test(arguments: [
        (["--label", "a=b"], ["--label=a=b"]), (["-m1g"], ["--memory", "1g"]), (["-qm", "1g"], ["-m=1g"]),
        (["--secret", "id=a,src=/x/1"], ["--secret", "src=/y/2,id=a"]), (["--ssh=a=/x.sock"], ["--ssh", "a"]),
        (["--build-context", "a=oci-layout:///x:tag"], ["--build-context=a=oci-layout://y:tag"]),
    ])
    func theSameSaidOtherwiseCountsAlike(one: [String], other: [String]) {
        #expect(Self.key(one) == Self.key(other))
    }

    @Test(arguments: [
        ["-t", "name"], ["--tag", "name"], ["--tag=name"], ["-tname"], ["-t=name"], ["-qt", "name"], ["-qtname"],
    ])
    func aNameOfTheImageIsFound(words: [String]) {
        #expect(Self.read(words).tags == ["name"])
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
        #expect(Self.read(["--platform", "linux/arm64"]).platforms == ["linux/arm64"])
        #expect(Self.read(["--platform=a", "-q", "--platform", "b"]).platforms == ["a", "b"])
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
            "--build-context", "hub=github.com/a/b",
        ])
        #expect(arguments.localContexts.map(\.isLayout) == [false, true])
        #expect(arguments.localContexts.map(\.name) == ["base", "layout"])
        #expect(arguments.localContexts.map(\.path) == ["../base", "dir/x"])
    }

    @Test func buildArgumentsAreFound() {
        #expect(Self.read(["--build-arg", "A", "--build-arg=B=1"]).buildArguments == ["A", "B=1"])
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
