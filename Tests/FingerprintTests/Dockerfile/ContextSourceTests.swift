@testable import Fingerprint
import Testing

/// The context files that the last stage of a Dockerfile uses.
struct ContextSourceTests {
    @Test(arguments: [
        ("FROM scratch\nCOPY a b/ /x/", ["a", "b"]),
        ("FROM scratch\nADD a.tar /x/", ["a.tar"]),
        ("FROM scratch\nCOPY . /", [""]),
        ("FROM scratch\nCOPY /a/../b//c/. /", ["b/c"]),
        ("FROM scratch\nCOPY ../a /", ["a"]),
        ("FROM scratch\nCOPY [\"a b\", \"c\", \"/\"]", ["a b", "c"]),
        ("FROM scratch\nCOPY [a-c]* /", ["[a-c]*"]),
        ("FROM scratch\nCOPY --chown=1:1 --chmod=755 --link *.go /", ["*.go"]),
        ("FROM scratch\nCOPY --exclude=x a /", ["a"]),
        ("FROM scratch\nCOPY --parents a/*/b /", ["parents a/*/b"]),
        ("FROM scratch\nCOPY --from= a /", ["a"]),
        ("FROM scratch\nADD https://example.com/x http://example.com/y /", []),
        ("FROM scratch\nADD git@example.com:x /", ["git@example.com:x"]),
        ("FROM scratch\nCOPY <<EOF a /\nx\nEOF", ["a"]),
        ("FROM b\nRUN --mount=type=bind,source=x,target=/y true", ["mount x"]),
        ("FROM b\nRUN --mount=target=/y --mount=src=a,dst=/b true", ["mount ", "mount a"]),
        ("FROM b\nRUN --mount=type=cache,target=/y --mount=type=secret,id=x --mount=type=tmpfs,target=/t true", []),
        ("FROM b\nRUN --mount=from=c,target=/y true", []),
        ("FROM a AS b\nONBUILD COPY x /\nCOPY y /", ["y"]),
        ("FROM a AS b\nONBUILD COPY x /\nFROM b\nCOPY y /", ["x", "y"]),
        ("FROM a AS b\nONBUILD COPY x /\nFROM b AS c\nFROM c\nCOPY y /", ["x", "y"]),
        ("FROM a AS b\nONBUILD COPY x /\nFROM c\nCOPY --from=b /y /", []),
    ])
    func sourcesAreFound(_ text: String, _ expected: [String]) { #expect(Dockerfiles().sources(text) == expected) }

    @Test(arguments: [
        ("FROM a AS one\nCOPY 1 /\nFROM a AS two\nCOPY 2 /", ["2"]),
        ("FROM a AS one\nCOPY 1 /\nFROM one\nCOPY 2 /", ["1", "2"]),
        ("FROM a AS One\nCOPY 1 /\nFROM a\nCOPY --from=oNE /1 /", ["1"]),
        ("FROM a\nCOPY 1 /\nFROM a\nCOPY 2 /\nFROM a\nCOPY --from=1 /x /", ["2"]),
        ("FROM a AS one\nCOPY 1 /\nFROM a\nRUN --mount=from=one,target=/x true", ["1"]),
        ("FROM a AS one\nCOPY 1 /\nFROM a AS two\nCOPY --from=one / /\nFROM two", ["1"]),
        ("FROM a AS base\nFROM base AS x\nCOPY x /\nFROM base AS y\nCOPY y /", ["y"]),
        ("FROM a AS one\nCOPY 1 /\nFROM a AS two\nONBUILD COPY --from=one / /\nFROM two", ["1"]),
        ("FROM one AS two\nCOPY 2 /\nFROM two AS one\nFROM two", ["2"]),
    ])
    func onlyNeededStagesCount(_ text: String, _ expected: [String]) {
        #expect(Dockerfiles().sources(text) == expected)
    }

    @Test func theTargetDecidesWhichStagesAreNeeded() {
        let text = "FROM a AS one\nCOPY 1 /\nFROM one AS Two\nCOPY 2 /\nFROM a\nCOPY 3 /"
        #expect(Dockerfiles(target: "one").sources(text) == ["1"])
        #expect(Dockerfiles(target: "TWO").sources(text) == ["1", "2"])
        #expect(Dockerfiles().sources(text) == ["3"])
        #expect(Dockerfiles(target: "none").sources(text) == ["whole: there is no stage none"])
    }

    @Test(arguments: [
        ("FROM scratch\nARG x=a\nCOPY $x /", ["a"]),
        ("FROM scratch\nARG x\nCOPY a$x /", ["a"]),
        ("FROM scratch\nARG x\nCOPY ${x:-b} /", ["b"]),
        ("ARG x=a\nFROM scratch\nCOPY b$x /", ["b"]),
        ("ARG x=a\nFROM scratch\nARG x\nCOPY b$x /", ["ba"]),
        ("ARG x=a\nFROM scratch\nARG x=c\nCOPY b$x /", ["bc"]),
        ("ARG x=a\nARG y=$x/b\nFROM scratch\nARG y\nCOPY $y /", ["a/b"]),
        ("FROM scratch\nENV x=a y=$x\nCOPY b$y$x /", ["ba"]),
        ("FROM scratch\nENV x a b\nCOPY $x /", ["a b"]),
        ("FROM scratch\nENV x=\"a b\" y='c'\nCOPY $x $y /", ["a b", "c"]),
        ("FROM scratch AS s\nENV x=a\nFROM s\nCOPY $x /", ["a"]),
        ("FROM b\nARG x=a\nCOPY $x /", ["a"]),
        ("FROM b\nARG TARGETARCH\nCOPY bin-$TARGETARCH /", ["bin-amd64"]),
        ("FROM b\nARG TARGETPLATFORM\nCOPY $TARGETPLATFORM /", ["linux/amd64"]),
        ("ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM b\nCOPY a /", ["a"]),
        ("FROM b\nARG given\nCOPY $given /", ["v"]),
        ("FROM b\nARG given=x\nCOPY $given /", ["v"]),
        ("ARG given\nFROM b\nARG given\nCOPY $given /", ["v"]),
        ("FROM a-$TARGETARCH\nCOPY x /", ["x"]),
        ("FROM a AS s-v\nCOPY 1 /\nFROM a\nFROM s-$given\nCOPY 2 /", ["2"]),
        ("ARG given\nFROM a AS s-v\nCOPY 1 /\nFROM a\nFROM s-$given\nCOPY 2 /", ["1", "2"]),
        ("FROM scratch\nARG x=a\nRUN --mount=target=/y,source=$x true", ["mount a", "mount $x"]),
    ])
    func variablesAreReplaced(_ text: String, _ expected: [String]) {
        #expect(Dockerfiles(arguments: ["given=v"]).sources(text) == expected)
    }

    @Test(arguments: [
        ("FROM scratch\nCOPY $PATH /", "line 2: PATH is set by the builder"),
        ("FROM b\nARG BUILDARCH\nCOPY $BUILDARCH /", "line 3: the value of BUILDARCH is the builder's"),
        ("FROM b\nFORM c", "line 2: unknown instruction FORM"),
        ("FROM b\nCOPY --new a /", "line 2: unknown flag --new of COPY"),
        ("FROM b\nWORKDIR --x /", "line 2: unknown flag --x of WORKDIR"),
        ("FROM b\nRUN --mount=type=new,target=/x true", "line 2: a mount of an unknown type"),
        ("FROM b\nRUN --mount=type=bind,new=1 true", "line 2: a mount with the unknown option new"),
        ("# syntax=a/b\nFROM b", "the syntax directive names another frontend, a/b"),
        ("RUN b\nFROM b", "line 1: only ARG may stand before the first FROM"),
        ("FROM b\nCOPY a", "line 2: COPY needs a source and a destination"),
        ("FROM b c", "line 1: FROM needs an image, and may have AS and a name"),
        ("FROM $x", "line 1: FROM needs an image"),
        ("FROM a AS b\nFROM a AS b", "line 2: the stage name b is ambiguous"),
        ("FROM b\nCOPY --from=0 a /", "line 2: the stage 0 does not stand above this one"),
        ("FROM b\nCOPY --from=c$x a /", "line 2: the stage c$x is not named plainly"),
        ("FROM a AS b\nONBUILD ONBUILD RUN x\nFROM b", "line 2: this is no trigger for ONBUILD"),
        ("FROM scratch\nCOPY a\\\\*b /", "line 2: a source with a backslash"),
        ("FROM b\nCOPY a\u{A0}b /", "line 2: a space that is not ASCII"),
        ("FROM b\nRUN <<E\n copy a /\\\nE", Self.heredoc), ("FROM b\nRUN <<E\nx \\ \n# c\n\nE", Self.heredoc),
        (
            "ARG TARGETARCH\nFROM b\nARG TARGETARCH\nCOPY $TARGETARCH /",
            "line 4: TARGETARCH is declared again without a value"
        ),
        ("ARG SOURCE_DATE_EPOCH=now\nFROM b", "SOURCE_DATE_EPOCH is not a number"),
        ("FROM --platform=windows/amd64 b", "line 1: paths mean something else on another system"),
        ("FROM b\nRUN <<RUN\nCOPY a /\nRUN", Self.heredoc),
        (
            "FROM scratch\nARG A=x B=$A\nCOPY d$B /y",
            "line 3: the default of B uses an argument of the same instruction"
        ),
        (
            "# syntax=docker/dockerfile:1.0\nFROM b\nARG A=x\nCOPY d$A /y",
            "line 4: the syntax directive names a frontend that may be older than 1.2"
        ),
    ])
    func whatIsNotCertainBringsTheWholeContextIn(_ text: String, _ reason: String) {
        #expect(Dockerfiles().sources(text) == ["whole: \(reason)"])
    }

    /// Each case was tried with Docker 20.10, 26.1 and 28.5.
    private static let lastWins: [(text: String, sources: [String])] = [
        ("FROM b\nARG x=1\nARG x=2\nCOPY $x /", ["2"]), ("FROM b\nENV x=1\nARG x=2\nCOPY $x /", ["2"]),
        ("FROM b\nENV x=1\nARG x\nCOPY $x /", ["1"]), ("FROM b\nENV given=1\nARG given\nCOPY $given /", ["v"]),
        ("FROM b\nARG x=1\nENV x=2\nARG x\nCOPY $x /", ["2"]),
        ("FROM b AS c\nARG x=1\nFROM c\nCOPY $x /", ["1"]),
        ("FROM b AS c\nENV x=1\nARG x=2\nFROM c\nCOPY $x /", ["1"]),
        ("FROM b\nARG x=3 # comment\nCOPY $x /", ["3"]), ("FROM b\nARG x=3 y=a$given # z\nCOPY $x$y /", ["3a"]),
        ("FROM b\nCOPY a$x /", ["a"]), ("FROM b\nENV y=$x\nCOPY a$y /", ["a"]), ("FROM b\nCOPY a$http_proxy /", ["a"]),
        ("FROM scratch AS scratch\nCOPY 1 /\nFROM b\nCOPY --from=scratch /1 /", ["1"]),
        ("FROM scratch AS scratch\nCOPY 1 /\nFROM scratch\nCOPY 2 /", ["1", "2"]),
        ("# syntax=docker/dockerfile-upstream:master\nFROM b\nARG x=a\nCOPY $x /", ["a"]),
        ("# syntax=docker/dockerfile:1.4@sha256:0\nFROM b\nARG x=a\nCOPY $x /", ["a"]),
        ("# syntax=docker/dockerfile:1.0\nFROM b\nARG x=a\nCOPY a /\nENV y=$x", ["a"]),
        ("FROM b\nRUN <<E\ncopy a /\nE\nCOPY b /", ["b"]),
    ]

    @Test(arguments: lastWins)
    func ofSeveralValuesTheLastCounts(_ text: String, _ expected: [String]) {
        #expect(Dockerfiles(arguments: ["given=v"]).sources(text) == expected)
    }

    private static let heredoc =
        "line 2: a here-document that is read as instructions by builders that do not know them"

    @Test func everyReasonIsTold() {
        #expect(
            Dockerfiles().sources("FROM b\nCOPY $PATH /\nCOPY a$PATH /") == [
                "whole: line 2: PATH is set by the builder", "whole: line 3: PATH is set by the builder",
            ]
        )
    }

    /// The names that a base image's environment must not set, because they affect a source.
    private static let doubts: [(text: String, names: Set<String>)] = [
        ("ENV x=$D\nCOPY a /", []), ("ARG e=v$D\nCOPY a /", []), ("LABEL a=$D\nCOPY a /", []),
        ("ENV x=$D\nCOPY $x /", ["D"]), ("ARG D\nCOPY a$D /", ["D"]), ("ARG D=1\nCOPY a$D /", []),
        ("COPY a$D /$E", ["D"]), ("ENV D=1\nCOPY a$D /", []), ("ARG e=v$D\nENV f=$e\nARG g=$f\nCOPY $g /", ["D"]),
        ("COPY a${D:-b$E} /", ["D", "E"]), ("RUN --mount=source=a$D,target=/x true", ["D"]),
        ("ARG D=1\nRUN x\nFROM b\nCOPY a$D /", ["D"]), ("ENV D=1\nRUN x\nFROM b\nCOPY a$D /", []),
        ("ARG D=1\nFROM b\nARG D=2\nCOPY a$D /", []), ("ADD https://a.b/$D /", []), ("ADD $D/x /", ["D"]),
        ("COPY --from=c a$D /", []), ("COPY --chown=$D a /", []),
    ]

    @Test(arguments: doubts)
    func aDoubtCountsWhereItReachesASource(_ text: String, _ expected: Set<String>) throws {
        let inputs = try #require(Dockerfiles().precise("FROM image AS b\n\(text)"))
        #expect(inputs.baseImages.first?.variablesTakenAsUnset == expected)
    }

    @Test(arguments: [
        ("linux/amd64", "linux/amd64", ""), ("linux/x86_64", "linux/amd64", ""), ("linux/amd64/v1", "linux/amd64", ""),
        ("linux/amd64/v2", "linux/amd64/v2", "v2"), ("linux/arm64", "linux/arm64", ""),
        ("linux/arm64/v8", "linux/arm64", ""), ("linux/aarch64", "linux/arm64", ""),
        ("linux/arm", "linux/arm/v7", "v7"),
        ("linux/arm/v7", "linux/arm/v7", "v7"), ("linux/arm/6", "linux/arm/v6", "v6"),
        ("linux/armhf", "linux/arm/v7", "v7"), ("linux/armel", "linux/arm/v6", "v6"), ("linux/386", "linux/386", ""),
        ("linux/riscv64", "linux/riscv64", ""),
    ])
    func thePlatformHasTheNameThatTheBuilderGivesIt(_ platform: String, _ target: String, _ variant: String) {
        let text = "FROM b\nARG TARGETPLATFORM\nARG TARGETVARIANT\nCOPY $TARGETPLATFORM a$TARGETVARIANT /"
        #expect(Dockerfiles(platform: platform).sources(text) == [target, "a\(variant)"])
    }

    @Test(arguments: ["linux/arm64/v9", "linux/mips", "linux/riscv64/v1"])
    func aPlatformWhoseNameIsNotCertainIsADoubt(_ platform: String) {
        let text = "FROM b\nARG TARGETPLATFORM\nCOPY $TARGETPLATFORM /"
        #expect(Dockerfiles(platform: platform).precise(text) == nil)
    }

    @Test func aSourceTellsWhereItComesFrom() throws {
        let inputs = try #require(Dockerfiles().precise("FROM scratch AS x\n\nCOPY a \\\n  b /\nFROM x"))
        #expect(inputs.sources.map(\.line) == [3, 3])
        #expect(inputs.sources.map(\.stage) == ["x", "x"])
        #expect(inputs.sources.map(\.instruction) == ["COPY a   b /", "COPY a   b /"])
    }
}
