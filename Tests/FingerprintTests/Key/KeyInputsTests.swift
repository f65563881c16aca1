import Fingerprint
import Testing

@Suite struct KeyInputsTests {
    /// Inputs with every field set.
    static func full() -> KeyInputs {
        var inputs = KeyInputs(platform: "linux/amd64")
        inputs.dockerfile = Array("FROM scratch\n".utf8)
        inputs.context = Array(repeating: 7, count: 32)
        inputs.target = "final"
        inputs.buildArguments = BuildArgument.resolve(["A=1", "B"], environment: ["B": "2"])
        inputs.additionalArguments = AdditionalArguments(words: ["--network", "none"])
        inputs.namedContexts = [("base", Array(repeating: 9, count: 32))]
        inputs.secretIdentifiers = ["token"]
        return inputs
    }

    static let changes: [(String, @Sendable (inout KeyInputs) -> Void)] = [
        ("the Dockerfile", { $0.dockerfile = Array("FROM scratch\n\n".utf8) }),
        ("the context", { $0.context = Array(repeating: 8, count: 32) }),
        ("another target", { $0.target = "test" }),
        ("no target", { $0.target = nil }),
        ("an empty target", { $0.target = "" }),
        (
            "a build argument's value",
            { $0.buildArguments = BuildArgument.resolve(["A=2", "B"], environment: ["B": "2"]) }
        ),
        (
            "a build argument's name",
            { $0.buildArguments = BuildArgument.resolve(["C=1", "B"], environment: ["B": "2"]) }
        ),
        (
            "an argument from the environment",
            { $0.buildArguments = BuildArgument.resolve(["A=1", "B"], environment: ["B": "3"]) }
        ),
        ("an unset argument", { $0.buildArguments = BuildArgument.resolve(["A=1", "B"], environment: [:]) }),
        ("an empty argument", { $0.buildArguments = BuildArgument.resolve(["A=1", "B="], environment: [:]) }),
        (
            "another additional argument",
            { $0.additionalArguments = AdditionalArguments(words: ["--network", "host"]) }
        ),
        (
            "the words joined",
            { $0.additionalArguments = AdditionalArguments(words: ["--network none"]) }
        ),
        ("a named context", { $0.namedContexts = [("base", Array(repeating: 10, count: 32))] }),
        ("a variable of the environment", { $0.environment = [("base", Array(repeating: 9, count: 32))] }),
        ("what lies beside the Dockerfile", { $0.dockerfilePlace = Array("x/".utf8) }),
        ("another secret", { $0.secretIdentifiers = ["other"] }),
        ("two secrets", { $0.secretIdentifiers = ["token", "other"] }),
        ("another platform", { $0.platform = "linux/arm64" }),
        ("a key of one's own", { $0.cacheKey = [.text("v1")] }),
    ]

    @Test func noTwoDifferentInputsHaveTheSameKey() {
        var seen = [Self.full().key: "nothing"]
        for (name, change) in Self.changes {
            var inputs = Self.full()
            change(&inputs)
            #expect(seen[inputs.key] == nil, "\(name) gives the same key as \(seen[inputs.key] ?? "")")
            seen[inputs.key] = name
        }
    }

    /// Keys must be stable for every agent and every cache image. If this value changes, the first line of the encoding
    /// must change too. The second key is the SHA-256 of `docker-cache key 2`, a line feed, and
    /// `8:platform11:linux/amd64`. Images saved under `docker-cache key 1` may contain files of other images.
    @Test func theEncodingIsWhatItHasBeenSinceTheSecondKindOfKey() {
        #expect(Self.full().key.description == "5de41129d1696ce753de77a9e5eecb2308efe119")
        #expect(KeyInputs(platform: "linux/amd64").key.description == "83eec63c90214cd8c9d823a80e0fe500fb81e0a4")
    }

    @Test func aKeyIsFortyHexDigits() {
        let key = Self.full().key.description
        #expect(key.count == 40)
        #expect(key.allSatisfy { "0123456789abcdef".contains($0) })
    }

    @Test func theOrderOfArgumentsAndSecretsDoesNotCount() {
        var left = Self.full()
        left.buildArguments = BuildArgument.resolve(["A=1", "B=2"], environment: [:])
        left.secretIdentifiers = ["a", "b"]
        var right = Self.full()
        right.buildArguments = BuildArgument.resolve(["B=2", "A=1"], environment: [:])
        right.secretIdentifiers = ["b", "a"]
        #expect(left.key == right.key)
    }

    @Test func theLastOfEqualNamesWins() {
        #expect(
            BuildArgument.resolve(["A=1", "A=2"], environment: [:]) == BuildArgument.resolve(["A=2"], environment: [:])
        )
        #expect(BuildArgument.resolve(["A=1=2"], environment: [:]).first?.value == "1=2")
    }

    @Test(arguments: [(false, [:], "1"), (true, [:], nil), (false, ["A": "2"], "2"), (true, ["A": "2"], "2")])
    func buildersDifferOverANameWithoutAValueBehindOneWithAValue(
        unsetTakesAway: Bool,
        environment: [String: String],
        value: String?
    ) {
        let resolved = BuildArgument.resolve(["A=1", "A"], environment: environment, unsetTakesAway: unsetTakesAway)
        #expect(resolved.map(\.name) == ["A"])
        #expect(resolved.first?.value == value)
    }

    @Test func everyFieldIsAComponent() {
        #expect(
            Self.full().components.map(\.name) == [
                "dockerfile", "context", "target", "build-args", "additional-build-args", "named-contexts", "secrets",
                "platform",
            ]
        )
    }
}
