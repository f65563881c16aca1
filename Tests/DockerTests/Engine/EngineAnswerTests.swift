import Images
import Testing

@testable import Docker

/// Answers of the Engine's API as they arrive over a connection.
@Suite struct EngineAnswerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var status: Int?
        var lines: [String]
        var isComplete = true
        var endsWithConnection = false
    }

    static let cases = [
        Case(
            testDescription: "chunks that end within lines",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n6;x=y\r\n1}\r\n{}\r\n0\r\n\r\n",
            status: 200,
            lines: ["{\"a\":1}", "{}"]
        ),
        Case(
            testDescription: "a body of a known length, without a line break",
            text: "HTTP/1.1 404 Not Found\r\nContent-Length: 15\r\n\r\n{\"message\":\"x\"}and more",
            status: 404,
            lines: ["{\"message\":\"x\"}"]
        ),
        Case(
            testDescription: "no body at all",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            status: 200,
            lines: []
        ),
        Case(
            testDescription: "a body that ends with the connection",
            text: "HTTP/1.0 200 OK\r\n\r\none\r\ntwo",
            status: 200,
            lines: ["one", "two"],
            isComplete: false,
            endsWithConnection: true
        ),
        Case(
            testDescription: "an answer before the answer",
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
            status: 200,
            lines: ["one"]
        ),
        Case(
            testDescription: "an answer that breaks off in a chunk",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\none\r\ntw",
            status: 200,
            lines: ["one", "tw"],
            isComplete: false
        ),
        Case(testDescription: "nothing", text: "", status: nil, lines: [], isComplete: false),
        Case(
            testDescription: "half a head",
            text: "HTTP/1.1 200 OK\r\nDate:",
            status: 200,
            lines: [],
            isComplete: false
        ),
    ]

    @Test("Read as a whole and byte by byte, the lines are the same", arguments: cases)
    func lines(_ testCase: Case) throws {
        let bytes = Array(testCase.text.utf8)
        for parts in [[bytes], bytes.map { [$0] }] {
            var answer = EngineAnswer()
            var lines: [[UInt8]] = []
            for part in parts { lines += try answer.read(part) }
            if let last = answer.end() { lines.append(last) }
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == testCase.lines)
            #expect(answer.status == testCase.status)
            #expect(answer.isComplete == testCase.isComplete)
            #expect(answer.endsWithConnection == testCase.endsWithConnection)
        }
    }

    @Test(
        "What is no HTTP is refused",
        arguments: [
            "unknown command: docker system dial-stdio\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1\r\n", "HTTP/2 200\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        ]
    )
    func malformed(_ text: String) {
        var answer = EngineAnswer()
        #expect(throws: EngineAnswer.Malformed.self) { try answer.read(Array(text.utf8)) }
    }
}

/// Requests to the daemon, and the credentials that it sends to the registry.
@Suite struct EngineRequestTests {
    private static func header(_ request: EngineRequest) -> String? {
        String(decoding: request.bytes, as: UTF8.self).split(separator: "\r\n")
            .first { $0.hasPrefix("X-Registry-Auth: ") }
            .map { String($0.dropFirst("X-Registry-Auth: ".count)) }
    }

    @Test(
        "A pull names repository and tag or digest",
        arguments: [
            ("alpine", nil, "fromImage=docker.io/library/alpine&tag=latest"),
            ("localhost:5000/app:1.2", nil, "fromImage=localhost:5000/app&tag=1.2"),
            (
                "host.example/team/app:1@sha256:" + String(repeating: "0", count: 64), "linux/arm/v7",
                "fromImage=host.example/team/app&tag=sha256:" + String(repeating: "0", count: 64)
                    + "&platform=linux/arm/v7"
            ),
        ] as [(String, String?, String)]
    )
    func pull(_ reference: String, platform: String?, query: String) throws {
        let request = EngineRequest.pull(
            try RegistryReference(reference),
            platform: try platform.map { try #require(Platform($0)) },
            credential: nil
        )
        #expect(request.target == "/images/create?" + query)
        #expect(Self.header(request) == "e30=")
    }

    @Test("A push names the image in its path, and shows the credential as Docker does")
    func push() throws {
        let reference = try ImageReference(repository: try RepositoryName("127.0.0.1:5000/app"), tag: "cache-1")
        let request = EngineRequest.push(reference, credential: .password(username: "me", password: "???>>>"))
        #expect(request.target == "/images/127.0.0.1:5000/app/push?tag=cache-1")
        let header = try #require(Self.header(request))
        #expect(!header.contains("+") && !header.contains("/"))
        let shown = String(decoding: request.bytes, as: UTF8.self)
        #expect(shown.hasPrefix("POST /images/127.0.0.1:5000/app/push?tag=cache-1 HTTP/1.1\r\nHost: "))
        #expect(shown.hasSuffix("\r\nConnection: close\r\n\r\n"))
        #expect(!shown.contains("???>>>"))
    }
}
