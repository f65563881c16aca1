import NIOHTTP1
import Testing

@testable import HTTP

/// A plain HTTP/1.1 answer, however it is split.
@Suite struct PlainAnswerTests {
    private static func answer(_ text: String, hasEnded: Bool = false) -> PlainAnswer {
        PlainAnswer(Array(text.replacing("\n", with: "\r\n").utf8), hasEnded: hasEnded)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nab", 200, "ab"),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nabc", 200, "ab"),
        ("HTTP/1.0 404 Not Found\ncontent-length: 0\n\n", 404, ""),
        ("HTTP/1.1 204 No Content\n\n", 204, ""),
        ("HTTP/1.1 100 Continue\n\nHTTP/1.1 200\nContent-Length: 1\n\na", 200, "a"),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nab\n1;x=y\nc\n0\n\n", 200, "abc"),
    ])
    func aWholeAnswerIsWholeAndEachBeginningIsNot(text: String, status: Int, body: String) {
        guard case .complete(status, _, let bytes) = Self.answer(text) else {
            Issue.record("\(Self.answer(text))")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == body)
        let head = text.split(separator: "\n\n").first ?? ""
        for length in 0..<head.count { #expect(Self.answer(String(head.prefix(length))) == .incomplete) }
    }

    @Test func anAnswerWithoutALengthEndsWithTheConnection() {
        #expect(Self.answer("HTTP/1.1 200 OK\n\nab") == .incomplete)
        #expect(
            Self.answer("HTTP/1.1 200 OK\n\nab", hasEnded: true)
                == .complete(status: 200, headers: [:], body: Array("ab".utf8))
        )
    }

    @Test(arguments: [
        ("", true), ("HTTP/1.1 200 OK\nContent-Length: 3\n\nab", true), ("SSH-2.0-OpenSSH\n\n", false),
        ("HTTP/1.1 OK\n\n", false), ("HTTP/1.1 200 OK\nContent-Le", true),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nab\n", true),
    ])
    func whatIsNoWholeAnswerIsNone(text: String, hasEnded: Bool) {
        #expect(Self.answer(text, hasEnded: hasEnded) == .malformed)
    }

    @Test func aHeadWithoutAnEndIsNotReadForEver() {
        let text = "HTTP/1.1 200 OK\n" + String(repeating: "a", count: 70_000)
        #expect(Self.answer(text) == .malformed)
    }
}
