@testable import Fingerprint
import Testing

/// Which changes to a Dockerfile change the part of it that is in the key.
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

    private struct Case {
        let before: String
        let after: String
        var given: (before: [String], after: [String]) = ([], [])
        var targets: (before: String?, after: String?) = (nil, nil)
        let isSame: Bool
    }

    private static let cases = [
        // Values, regardless of their origin.
        Case(before: "ARG V=1\nFROM x:$V", after: "ARG V=2\nFROM x:$V", given: (["V=3"], ["V=3"]), isSame: true),
        Case(before: "ARG V=1\nFROM x:$V", after: "ARG V=1\nFROM x:$V", given: ([], ["V=1"]), isSame: true),
        Case(before: "ARG V=1\nFROM x:$V", after: "ARG V=1\nFROM x:$V", given: ([], ["V=2"]), isSame: false),
        Case(before: "FROM x\nARG V=1\nRUN y", after: "FROM x\nARG V=2\nRUN y", isSame: false),
        Case(before: "FROM x\nARG V=1\nCOPY a /$V", after: "FROM x\nARG V=2\nCOPY a /$V", isSame: false),
        Case(before: "FROM x\nARG V=1\nCOPY a /b", after: "FROM x\nARG V=2\nCOPY a /b", isSame: true),
        Case(before: "FROM x\nARG V=1\nENV W=$V", after: "FROM x\nARG V=2\nENV W=$V", isSame: false),
        Case(before: "FROM x\nRUN y\nARG V=1", after: "FROM x\nRUN y\nARG V=2", isSame: true),
        Case(before: "FROM x\nRUN y", after: "FROM x\nARG V\nRUN y", isSame: true),
        Case(before: "FROM x\nARG V\nRUN y", after: "FROM x\nARG V\nRUN y", given: ([], ["V=1"]), isSame: false),
        Case(before: "FROM x\nLABEL a=$V", after: "FROM x\nLABEL a=", isSame: false),
        // Variables from the base image are unknown.
        Case(before: "FROM x\nENV W=$V\nRUN y", after: "FROM x\nENV W=\nRUN y", isSame: false),
        Case(before: "FROM scratch\nENV W=$V", after: "FROM scratch\nENV W=", isSame: true),
        // Settings, where they are used.
        Case(before: "FROM x\nENV V=1\nCOPY a /", after: "FROM x\nCOPY a /\nENV V=1", isSame: true),
        Case(before: "FROM x\nENV V=1\nRUN y", after: "FROM x\nRUN y\nENV V=1", isSame: false),
        Case(before: "FROM x\nUSER 1\nRUN y", after: "FROM x\nRUN y\nUSER 1", isSame: false),
        Case(before: "FROM x\nWORKDIR /a\nCOPY a b", after: "FROM x\nCOPY a b\nWORKDIR /a", isSame: false),
        Case(before: "FROM x\nSHELL [\"a\"]\nCMD y", after: "FROM x\nCMD y\nSHELL [\"a\"]", isSame: false),
        Case(before: "FROM x\nCMD a\nENTRYPOINT b", after: "FROM x\nENTRYPOINT b\nCMD a", isSame: false),
        Case(before: "FROM x\nENV A=1 B=2", after: "FROM x\nENV B=2 A=1", isSame: false),
        Case(before: "FROM x\nONBUILD RUN y", after: "FROM x", isSame: false),
        // Stages: only their files, or everything.
        Case(before: "FROM x AS a\nUSER 1\nFROM a\nRUN y", after: "FROM x AS a\nFROM a\nRUN y", isSame: false),
        Case(before: "FROM x AS a\nFROM a\nUSER 1", after: "FROM x\nUSER 1", isSame: true),
        Case(
            before: "FROM x AS a\nCMD y\nFROM z\nCOPY --from=a / /",
            after: "FROM z AS other\nFROM x AS b\nLABEL c=d\nFROM z\nCOPY --from=b / /",
            isSame: true
        ),
        Case(
            before: "FROM x AS a\nONBUILD COPY c /\nFROM a",
            after: "FROM x AS a\nFROM a\nCOPY c /",
            isSame: true
        ),
        Case(before: "FROM x AS a", after: "FROM x AS a", targets: (nil, "a"), isSame: true),
        Case(before: "FROM x AS a\nFROM y", after: "FROM x AS a\nFROM y", targets: (nil, "a"), isSame: false),
        // Two stages that copy the same paths from different sources are distinguished.
        Case(
            before: "FROM x AS a\nCOPY a /\nFROM x AS b\nCOPY b /\nFROM x\nCOPY --from=a / /p/\nCOPY --from=b / /q/",
            after: "FROM x AS a\nCOPY a /\nFROM x AS b\nCOPY b /\nFROM x\nCOPY --from=b / /p/\nCOPY --from=a / /q/",
            isSame: false
        ),
        // An argument of a parent stage. The environment of the base image takes precedence over it.
        Case(
            before: "FROM x AS a\nARG F=1\nFROM a\nLABEL l=$F",
            after: "FROM x\nARG F=1\nLABEL l=$F",
            isSame: false
        ),
        Case(before: "FROM x AS a\nARG F=1\nFROM a\nRUN y", after: "FROM x\nARG F=1\nRUN y", isSame: false),
        // The last matching pattern decides. After a pattern with a variable, no match is certain.
        Case(
            before: "FROM x AS s\nFROM y\nCOPY --from=s --exclude=*.t --exclude=!a.t /d /e",
            after: "FROM x AS s\nFROM y\nCOPY --from=s --exclude=!a.t --exclude=*.t /d /e",
            isSame: false
        ),
        Case(
            before: "FROM x\nCOPY --exclude=a --exclude=$v d /e",
            after: "FROM x\nCOPY --exclude=b --exclude=$v d /e",
            isSame: false
        ),
        Case(
            before: "FROM x\nONBUILD COPY <<E /x\none\nE",
            after: "FROM x\nONBUILD COPY <<E /x\ntwo\nE",
            isSame: false
        ),
        Case(before: "FROM x\nADD git://h/a.git /e", after: "FROM x\nADD git://h/b.git /e", isSame: false),
        Case(before: "FROM x\nADD git@h:a.git /e", after: "FROM x\nADD git@h:b.git /e", isSame: false),
        Case(before: "FROM --platform=linux x", after: "FROM x", isSame: false),
        // The platform does not affect files that come only from the context.
        Case(
            before: "FROM scratch AS a\nCOPY b /\nFROM x\nCOPY --from=a / /",
            after: "FROM --platform=linux/arm64 scratch AS a\nCOPY b /\nFROM x\nCOPY --from=a / /",
            isSame: true
        ),
        Case(
            before: "FROM scratch AS a\nRUN b\nFROM x\nCOPY --from=a / /",
            after: "FROM --platform=linux/arm64 scratch AS a\nRUN b\nFROM x\nCOPY --from=a / /",
            isSame: false
        ),
        // Values that only the builder knows.
        Case(
            before: "ARG O=a F=$O\nFROM x\nARG F\nRUN y",
            after: "ARG O=b F=$O\nFROM x\nARG F\nRUN y",
            isSame: false
        ),
        Case(
            before: "ARG O=a\nARG O=c F=$O\nFROM x\nARG F\nRUN y",
            after: "ARG O=b\nARG O=c F=$O\nFROM x\nARG F\nRUN y",
            isSame: false
        ),
        Case(
            before: "FROM x\nARG TARGETSTAGE\nRUN y",
            after: "FROM x AS a\nARG TARGETSTAGE\nRUN y",
            targets: (nil, "a"),
            isSame: false
        ),
        Case(before: "FROM scratch", after: "FROM --platform=linux/arm64 scratch", isSame: false),
        Case(before: "FROM x AS a\nFROM a", after: "FROM x AS a\nFROM --platform=linux/arm64 a", isSame: true),
        Case(
            before: "ARG BUILDKIT_SBOM_SCAN_STAGE=false\nFROM x",
            after: "ARG BUILDKIT_SBOM_SCAN_STAGE=true\nFROM x",
            isSame: false
        ),
    ]

    @Test(arguments: cases.indices)
    func valuesAndEffectsCountAndNotHowTheyAreWritten(position: Int) throws {
        let item = Self.cases[position]
        let before = Dockerfiles(target: item.targets.before, arguments: item.given.before)
        let after = Dockerfiles(target: item.targets.after, arguments: item.given.after)
        let results = try [#require(before.precise(item.before)).result, #require(after.precise(item.after)).result]
        #expect((results[0] == results[1]) == item.isSame, "\(item.before) and \(item.after)")
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

    /// The builder computes the value from all the named parts.
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
