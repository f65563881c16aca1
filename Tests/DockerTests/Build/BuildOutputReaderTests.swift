import Docker
import Testing

@Suite struct BuildOutputReaderTests {
    /// Cut into pieces of that many bytes, as they may come.
    private static func steps(_ output: String, piece: Int = 7) -> [BuildStep] {
        var reader = BuildOutputReader()
        let bytes = Array(output.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            reader.read(bytes[start..<min(start + piece, bytes.count)])
        }
        return reader.found
    }

    private static let plain = """
        #1 [internal] load build definition from Dockerfile
        #1 sha256:0123
        #1 DONE 0.0s

        #4 [base 1/3] FROM docker.io/library/busybox
        #4 CACHED

        #6 [base 2/3] COPY a /a
        #6 CACHED

        #7 [base 3/3] RUN echo "[1/1] RUN no step" && echo CACHED
        #7 0.234 [1/1] RUN no step
        #7 0.235 CACHED
        #7 DONE 0.3s

        #8 [stage-1 1/2] RUN a
        #8 CACHED
        #9 exporting to image
        #9 DONE 0.0s

        """

    private static let drawn =
        "\u{1B}[1A\u{1B}[0G\u{1B}[?25l[+] Building 0.1s (3/6)\r\n"
        + "\u{1B}[34m => [internal] load .dockerignore                0.0s\u{1B}[0m\r\n"
        + "\u{1B}[34m => => transferring context: 2B                 0.0s\u{1B}[0m\r\n"
        + "\u{1B}[34m => CACHED [1/3] FROM docker.io/library/busybox  0.0s\u{1B}[0m\r\n"
        + " => [2/3] COPY a /a                              0.1s\r\n"
        + " => [3/3] RUN sleep 5                            0.1s\r\n"
        + " => => # [1/1] RUN no step\r\n"
        + "\u{1B}[34m => CACHED [2/3] COPY a /a                       0.0s\u{1B}[0m\r\n"
        + "\u{1B}[34m => [3/3] RUN sleep 5                            5.1s\u{1B}[0m\r\n"

    private static let legacy = """
        Sending build context to Docker daemon  3.072kB\r\r
        Step 1/4 : FROM busybox
         ---> 0123456789ab
        Step 2/4 : COPY a /a
         ---> Using cache
         ---> 123456789abc
        Step 3/4 : RUN echo Step
         ---> Running in 23456789abcd
        Step
        Step by step
        Step 4/4 : LABEL a=b
         ---> Using cache
        Successfully built 0123
        """

    @Test(arguments: [1, 2, 7, 64, 100_000])
    func aStepIsCachedIfTheBuilderSaysSo(piece: Int) {
        #expect(
            Self.steps(Self.plain, piece: piece) == [
                BuildStep(name: "[base 2/3] COPY a /a", isCached: true),
                BuildStep(name: #"[base 3/3] RUN echo "[1/1] RUN no step" && echo CACHED"#, isCached: false),
                BuildStep(name: "[stage-1 1/2] RUN a", isCached: true),
            ]
        )
        #expect(
            Self.steps(Self.drawn, piece: piece) == [
                BuildStep(name: "[2/3] COPY a /a", isCached: true),
                BuildStep(name: "[3/3] RUN sleep 5", isCached: false),
            ]
        )
        #expect(
            Self.steps(Self.legacy, piece: piece) == [
                BuildStep(name: "Step 2/4 : COPY a /a", isCached: true),
                BuildStep(name: "Step 3/4 : RUN echo Step", isCached: false),
                BuildStep(name: "Step 4/4 : LABEL a=b", isCached: true),
            ]
        )
    }

    /// What BuildKit 28.5 writes of layers that come from a registry, with containerd's image store.
    @Test func aStepWhoseLayersAreTakenFromARegistryIsCached() {
        let plain = """
            #7 [2/3] COPY a /a
            #7 CACHED
            #8 [3/3] RUN make
            #8 sha256:73c7f58011ef88ed64cd31a561adab52c14436030300d775676ad03e78208178 140B / 140B done
            #8 extracting sha256:73c7f58011ef88ed64cd31a561adab52c14436030300d775676ad03e78208178 done
            #8 DONE 0.0s
            #9 [4/4] RUN tar
            #9 0.101 extracting sha256:0123
            #9 DONE 0.0s

            """
        #expect(Self.steps(plain).map(\.isCached) == [true, true, false])
        let drawn =
            " => [3/3] RUN make                                     0.1s\r\n"
            + " => => extracting sha256:73c7f58011ef88ed64cd31a561    0.0s\r\n"
            + " => [4/4] RUN tar                                      0.1s\r\n"
            + " => => # extracting sha256:0123\r\n"
            + " => exporting to image                                 0.1s\r\n"
            + " => => extracting sha256:73c7f58011ef88ed64cd31a561    0.0s\r\n"
        #expect(Self.steps(drawn).map(\.isCached) == [true, false])
    }

    @Test func stepsComeInTheOrderOfTheDockerfile() {
        let output = """
            #9 [final 3/4] RUN c
            #9 CACHED
            #7 [base 10/11] RUN b
            #8 [final 2/4] RUN a
            #6 [base 9/11] RUN a
            #5 [linux/amd64 other 2/2] RUN x

            """
        #expect(
            Self.steps(output).map(\.name) == [
                "[final 2/4] RUN a", "[final 3/4] RUN c", "[base 9/11] RUN a", "[base 10/11] RUN b",
                "[linux/amd64 other 2/2] RUN x",
            ]
        )
    }

    @Test(
        arguments: [
            "", "\n\n", "#", "# ", "#7", "#x [1/2] RUN a", "#7 []", "#7 [ ]", "#7 [/] RUN a", "#7 [1/] RUN a",
            "=> ", "=> []", "=> [", "\u{1B}", "\u{1B}[", "\u{1B}[12", "Step ", "Step : ", "Step 1 : RUN a",
            "---> Using cache", "#7 0.123 [1/2] RUN a", "x #7 [1/2] RUN a", "#7 CACHED",
            "#7 [internal] load metadata for x", "=> [auth] library/alpine:pull token",
            " ---> Using cache\nStep a/b : RUN x",
        ]
    )
    func whatIsNoStepIsNone(output: String) {
        #expect(Self.steps(output + "\n") == [])
    }
}
