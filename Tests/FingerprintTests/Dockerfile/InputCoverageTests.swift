import Fingerprint
import TestSupport
import Testing

/// The effect of base images, arguments and the builder's platform on a key.
@Suite struct InputCoverageTests {
    private static let plain = BaseImageFacts(triggers: [], environment: ["PATH=/bin"])
    private static let dockerfile = """
        ARG VERSION=1
        FROM base:$VERSION AS build
        ARG dir
        COPY ${dir:-a} /
        FROM other AS unneeded
        COPY b /
        FROM scratch
        COPY --from=build /x /
        COPY --from=tools:2 /y /
        """

    private static func inputs(
        _ dockerfile: String = dockerfile,
        arguments: [String] = [],
        buildPlatform: String = "linux/amd64",
        files: [String: String] = ["a": "1", "b": "2"],
        facts: @escaping (BaseImage) -> BaseImageFacts? = { _ in plain }
    ) throws -> (coverage: InputCoverage, inputs: KeyInputs) {
        try withTree { tree in
            for (path, content) in files { try tree.write("ctx/\(path)", content) }
            let context = try ContextScanner(root: tree.path("ctx"), patterns: .none).scan().context
            let arguments = BuildArgument.resolve(arguments, environment: [:])
            let parameters = DockerfileParameters(target: nil, buildArguments: arguments, platform: "linux/amd64")
            let bytes = Array(dockerfile.utf8)
            let precise = PreciseInputs(dockerfile: bytes, parameters: parameters)
            let coverage = InputCoverage(precise, context: context, facts: facts)
            var inputs = KeyInputs(platform: "linux/amd64")
            inputs.cover(
                coverage,
                dockerfile: bytes,
                context: context,
                arguments: arguments,
                buildPlatform: buildPlatform
            )
            return (coverage, inputs)
        }
    }

    private static func reasons(_ coverage: InputCoverage) -> [String] {
        guard case .whole(let reasons) = coverage else { return [] }
        return reasons.map(\.description)
    }

    @Test func onlyBaseImagesOfNeededStagesAreAskedFor() throws {
        var asked: Set<String> = []
        let coverage = try Self.inputs { image in
            asked.insert(image.reference)
            return Self.plain
        }.coverage
        #expect(Self.reasons(coverage).isEmpty)
        #expect(asked == ["base:1"])
    }

    @Test func whatABaseImageBringsAlongBringsTheWholeContextIn() throws {
        // A key does not depend on this knowledge.
        #expect(Self.reasons(try Self.inputs { _ in nil }.coverage).isEmpty)
        #expect(
            Self.reasons(
                try Self.inputs { _ in BaseImageFacts(triggers: ["COPY . /app"], environment: []) }.coverage
            ) == ["line 2: the base image base:1 has ONBUILD triggers"]
        )
        #expect(
            Self.reasons(
                try Self.inputs { _ in BaseImageFacts(triggers: [], environment: ["dir=b", "Z=1"]) }.coverage
            ) == ["line 2: the base image base:1 sets the variable dir"]
        )
    }

    @Test func whatIsNotCopiedDoesNotCount() throws {
        let before = try Self.inputs().inputs
        #expect(try Self.inputs(files: ["a": "1", "b": "changed", "c": ""]).inputs == before)
        #expect(try Self.inputs(files: ["a": "changed", "b": "2"]).inputs != before)
        #expect(try Self.inputs(arguments: ["NOBODY=1"]).inputs == before)
        #expect(try Self.inputs(arguments: ["VERSION=2"]).inputs != before)
        #expect(try Self.inputs(arguments: ["dir=b"]).inputs != before)
    }

    @Test func aWholeAndAPreciseKeyAreNeverTheSame() throws {
        let text = "FROM scratch\nCOPY . /\n"
        let precise = try Self.inputs(text).inputs
        var whole = KeyInputs(platform: "linux/amd64")
        whole.dockerfile = precise.stages
        whole.context = precise.sources
        whole.buildArguments = precise.buildArguments
        #expect(whole.key != precise.key)
    }

    @Test(arguments: [
        ("FROM --platform=$BUILDPLATFORM base\nCOPY a /", true), ("FROM base\nARG BUILDARCH\nRUN x", true),
        ("FROM base\nARG TARGETARCH\nRUN x", false),
        ("FROM --platform=$BUILDPLATFORM base AS unneeded\nFROM base\nCOPY a /", false),
    ])
    func theBuildersPlatformCountsWhereItIsAskedFor(text: String, counts: Bool) throws {
        let one = try Self.inputs(text).inputs
        let other = try Self.inputs(text, buildPlatform: "linux/arm64").inputs
        #expect((one.key != other.key) == counts)
    }

    /// Here the key covers the whole Dockerfile, which was not parsed.
    @Test func theBuildersPlatformCountsWithTheWholeDockerfileToo() throws {
        let text = "FROM --platform=$BUILDPLATFORM base\nCOPY a /"
        let one = try Self.inputs(text) { _ in nil }.inputs
        let other = try Self.inputs(text, buildPlatform: "linux/arm64") { _ in nil }.inputs
        #expect(one.key != other.key)
    }
}
