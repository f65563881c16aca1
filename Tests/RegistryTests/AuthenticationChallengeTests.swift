import Testing

@testable import Registry

@Suite struct AuthenticationChallengeTests {
    private typealias Expected = [(String, [String: String])]

    private static let cases: [([String], Expected)] = [
        ([], []),
        ([""], []),
        (["Basic realm=\"test\""], [("basic", ["realm": "test"])]),
        (["BASIC Realm=test"], [("basic", ["realm": "test"])]),
        (["Basic"], [("basic", [:])]),
        (
            ["Bearer realm=\"https://auth.example/token\",service=\"registry\",scope=\"repository:a/b:pull,push\""],
            [
                (
                    "bearer",
                    ["realm": "https://auth.example/token", "service": "registry", "scope": "repository:a/b:pull,push"]
                )
            ]
        ),
        (
            ["Bearer realm = \"r\" , service = s , error=\"invalid_token\""],
            [("bearer", ["realm": "r", "service": "s", "error": "invalid_token"])]
        ),
        (
            ["Basic realm=\"a\", Bearer realm=\"b\",service=\"c\""],
            [("basic", ["realm": "a"]), ("bearer", ["realm": "b", "service": "c"])]
        ),
        (["Basic realm=\"a\"", "Bearer realm=\"b\""], [("basic", ["realm": "a"]), ("bearer", ["realm": "b"])]),
        (["Negotiate, Basic realm=\"a\""], [("negotiate", [:]), ("basic", ["realm": "a"])]),
        (["Negotiate oYG2/+a==, Basic realm=\"a\""], [("negotiate", [:]), ("basic", ["realm": "a"])]),
        (
            ["Basic realm=\"say \\\"hi\\\", you\", charset=\"UTF-8\""],
            [("basic", ["realm": "say \"hi\", you", "charset": "UTF-8"])]
        ),
        (["Bearer realm=\"never ends"], [("bearer", [:])]),
        (["realm=\"a\", Basic realm=\"b\""], [("realm", [:]), ("basic", ["realm": "b"])]),
        ([",, ,Basic realm=\"a\",,"], [("basic", ["realm": "a"])]),
        (["Bearer realm=\"a\",realm=\"b\""], [("bearer", ["realm": "a"])]),
        (["Bearer realm=\"\",service=\"\""], [("bearer", ["realm": "", "service": ""])]),
        (["\"quoted, junk\", Basic realm=\"a\""], [("basic", ["realm": "a"])]),
        (
            ["Bearer realm=https://x.example/token,service=y"],
            [("bearer", ["realm": "https://x.example/token", "service": "y"])]
        ),
    ]

    @Test(arguments: cases.indices)
    func everyChallengeIsFound(position: Int) {
        let (headers, expected) = Self.cases[position]
        let found = AuthenticationChallenge.parse(headers)
        #expect(
            found == expected.map { AuthenticationChallenge(scheme: $0.0, parameters: $0.1) },
            "\(headers)"
        )
    }

    @Test func anyBytesAtAllAreReadToTheirEnd() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var state = seed
        let alphabet = Array("Basic=\",\\ \t;/é")
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let count = AuthenticationChallenge.parse([text]).count
            #expect(count <= 24, "seed \(seed): \(text)")
        }
    }
}
