@testable import Fingerprint
import Testing

/// Which changes of a Dockerfile change what counts of it.
struct DockerfileInputsTests {
    private let text = """
        ARG VERSION=1
        FROM base:$VERSION AS build
        COPY a /
        RUN <<EOF
          make
        EOF
        FROM other AS unneeded
        COPY b /
        FROM scratch
        COPY --from=build /x /
        """

    @Test(arguments: [
        ("COPY a /", "# a comment\n\nCOPY a /"), ("COPY a /", "COPY \\\n# comment\n\na /"), ("COPY a /", "copy a /"),
        ("COPY a /", "  COPY a /  "), ("COPY b /", "COPY c /\nRUN x"), ("FROM other AS unneeded\nCOPY b /\n", ""),
        ("FROM other AS unneeded", "FROM another AS unneeded"), ("ARG VERSION=1", "ARG VERSION=1\nARG UNUSED=2"),
        ("COPY a /", "COPY a  /"), ("COPY a /", "COPY [\"a\", \"/\"]"), ("COPY a /", "LABEL a=b\nCMD c\nCOPY a /"),
        ("FROM other", "USER 1\nENV X=1\nARG Y=1\nSHELL [\"x\"]\nFROM other"),
        ("AS build\n", "AS other\n"), ("FROM scratch", "FROM --platform=linux/amd64 scratch"),
        ("FROM scratch\n", "FROM scratch\nARG VERSION\n"), ("COPY a /", "COPY --exclude=b a /"),
    ])
    func whatCannotChangeTheImageDoesNotCount(_ old: String, _ new: String) throws {
        let before = try #require(Dockerfiles().precise(text))
        let changed = text.replacing(old, with: new).replacing(
            "--from=build",
            with: new.hasPrefix("AS other") ? "--from=other" : "--from=build"
        )
        let after = try #require(Dockerfiles().precise(changed))
        #expect(before.result == after.result)
        #expect(before.countedArguments == after.countedArguments)
    }

    @Test(arguments: [
        ("COPY a /", "COPY a /b"), ("COPY a /", "ADD a /"), ("  make", " make"),
        ("  make", "  make\n"), ("VERSION=1", "VERSION=2"), ("base:", "base2:"), ("<<EOF", "<<'EOF'"), ("/x", "/y"),
        ("FROM scratch", "FROM build"), ("COPY a /", "COPY --link a /"), ("ARG VERSION=1", "# escape=`\nARG VERSION=1"),
        ("FROM scratch", "FROM --platform=linux/arm64 scratch"), ("COPY a /\n", ""),
    ])
    func whatCanChangeTheImageCounts(_ old: String, _ new: String) throws {
        let before = try #require(Dockerfiles().precise(text))
        let after = try #require(Dockerfiles().precise(text.replacing(old, with: new)))
        #expect(before.result != after.result)
    }

    @Test func onlyArgumentsOfNeededStagesCount() throws {
        let text = """
            ARG A=1
            ARG B=$A
            ARG C
            FROM x:$B AS one
            ARG D
            FROM x:$C AS two
            ARG E
            FROM one
            """
        let given = Dockerfiles(arguments: ["BUILDKIT_X=1", "SOURCE_DATE_EPOCH=0", "HTTP_PROXY=p", "F=1"])
        let inputs = try #require(given.precise(text))
        #expect(inputs.countedArguments == ["A", "B", "BUILDKIT_X", "SOURCE_DATE_EPOCH"])
        let running = try #require(given.precise(text + "\nRUN x"))
        #expect(running.countedArguments.contains("HTTP_PROXY"))
        #expect(!running.countedArguments.contains("F"))
    }

    /// The builder knows the value, and makes it of all that is named here.
    @Test(arguments: [
        "ARG V=1\nARG FULL=${BUILDARCH}-${V}\nFROM x\nARG FULL\nRUN echo $FULL",
        "ARG V=1\nARG W=$V\nARG FULL=${BUILDARCH}-${W}\nFROM x\nARG FULL\nRUN echo $FULL",
        "ARG V=1\nARG TARGETARCH\nARG FULL=${TARGETARCH}-${V}\nFROM x\nARG FULL\nRUN echo $FULL",
        "ARG V=1\nARG FULL=$BUILDARCH/${X:-$V}\nFROM x\nARG FULL\nRUN echo $FULL",
        "ARG V=1\nFROM --platform=$BUILDOS/$V x\nRUN echo",
        "ARG V=1\nARG P=$BUILDOS/$V\nFROM --platform=$P x\nRUN echo",
    ])
    func aValueThatOnlyTheBuilderKnowsCountsWithAllItIsMadeOf(_ text: String) throws {
        let inputs = try #require(Dockerfiles().precise(text))
        #expect(inputs.countedArguments.contains("V"))
        let changed = try #require(Dockerfiles().precise(text.replacing("V=1", with: "V=2")))
        #expect(changed.result != inputs.result)
    }

    @Test func theBuildersPlatformIsNamedWhereItCounts() throws {
        let inputs = try #require(Dockerfiles().precise("FROM --platform=$BUILDPLATFORM x\nCOPY a /"))
        #expect(inputs.countedArguments == ["BUILDPLATFORM"])
    }

    @Test func theImagesAreNamed() throws {
        let text = """
            FROM --platform=$BUILDPLATFORM go:1 AS build
            ARG x
            COPY $x /
            FROM unneeded AS none
            FROM --platform=linux/arm64 debian
            COPY --from=build / /
            COPY --from=nginx:1 / /
            RUN --mount=from=nginx:1,target=/x true
            """
        let images = try #require(Dockerfiles().precise(text)).baseImages
        #expect(images.map(\.reference) == ["go:1", "debian", "nginx:1"])
        #expect(images.map(\.variant) == [.buildersChoice, .platform("linux/arm64"), .target])
        #expect(images.map(\.role) == [.base, .base, .content])
        #expect(images.map(\.variablesTakenAsUnset) == [["x"], [], []])
    }
}
