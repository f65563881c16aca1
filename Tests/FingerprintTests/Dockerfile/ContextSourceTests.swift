@testable import Fingerprint
import Testing

/// Dockerfiles, and what their last stage takes from the context.
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
        ("FROM b\nCOPY $x /", "line 2: x is not declared and could come from the base image"),
        ("FROM b\nENV y=$x\n\nCOPY $y /", "line 4: x is not declared and could come from the base image"),
        (
            "FROM b AS c\nARG x=1\nFROM c\nCOPY $x /",
            "line 4: x is declared only in the stage that this one starts from"
        ),
        ("FROM b\nARG x=1\nARG x=2\nCOPY $x /", "line 4: x is set twice, to different values"),
        ("FROM b\nENV x=1\nARG x=2\nCOPY $x /", "line 4: x is set twice, to different values"),
        ("FROM scratch\nCOPY $PATH /", "line 2: PATH is set by the builder"),
        ("FROM b\nARG BUILDARCH\nCOPY $BUILDARCH /", "line 3: the value of BUILDARCH is the builder's"),
        ("FROM b\nFORM c", "line 2: unknown instruction FORM"),
        ("FROM b\nCOPY --new a /", "line 2: unknown flag --new of COPY"),
        ("FROM b\nWORKDIR --x /", "line 2: unknown flag --x of WORKDIR"),
        ("FROM b\nRUN --mount=type=new,target=/x true", "line 2: a mount of the unknown type new"),
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
        ("FROM b\nRUN <<E\n# c\n copy a /\\\nE", "line 2: a here-document that holds instructions"),
        (
            "ARG TARGETARCH\nFROM b\nARG TARGETARCH\nCOPY $TARGETARCH /",
            "line 4: TARGETARCH is declared again without a value"
        ),
        ("ARG SOURCE_DATE_EPOCH=now\nFROM b", "SOURCE_DATE_EPOCH is no number"),
        ("FROM --platform=windows/amd64 b", "line 1: paths mean something else on another system"),
        ("FROM b\nRUN <<RUN\nCOPY a /\nRUN", "line 2: a here-document that holds instructions"),
    ])
    func whatIsNotCertainBringsTheWholeContextIn(_ text: String, _ reason: String) {
        #expect(Dockerfiles().sources(text) == ["whole: \(reason)"])
    }

    @Test func everyReasonIsTold() {
        #expect(
            Dockerfiles().sources("FROM b\nCOPY $x /\nCOPY $y /") == [
                "whole: line 2: x is not declared and could come from the base image",
                "whole: line 3: y is not declared and could come from the base image",
            ]
        )
    }

    @Test func aSourceTellsWhereItComesFrom() throws {
        let inputs = try #require(Dockerfiles().precise("FROM scratch AS x\n\nCOPY a \\\n  b /\nFROM x"))
        #expect(inputs.sources.map(\.line) == [3, 3])
        #expect(inputs.sources.map(\.stage) == ["x", "x"])
        #expect(inputs.sources.map(\.instruction) == ["COPY a   b /", "COPY a   b /"])
    }
}
