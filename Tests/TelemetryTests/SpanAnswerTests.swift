import FoundationEssentials
import HTTP
import NIOHTTP1
import Testing

@testable import Telemetry

@Suite struct SpanAnswerTests {
    private static func answer(_ status: Int, _ type: String, _ body: [UInt8] = []) throws -> HTTPResponse {
        let url = try #require(URL(string: "http://collector:4318/v1/traces"))
        return HTTPResponse(url: url, status: status, headers: ["Content-Type": type], body: body)
    }

    /// `partial_success` with a count, and a message of `messageLength` bytes.
    private static func rejection(_ count: [UInt8], messageLength: Int) -> [UInt8] {
        func varint(_ value: Int) -> [UInt8] {
            value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80)] + varint(value >> 7)
        }
        let message = [0x12] + varint(messageLength) + [UInt8](repeating: 0x61, count: messageLength)
        let content = (count.isEmpty ? [] : [0x08] + count) + (messageLength > 0 ? message : [])
        return [0x0A] + varint(content.count) + content
    }

    @Test(arguments: [
        ([0x02], 0, "it rejected 2 of the spans"),
        ([0x02], 8, "it rejected 2 of the spans"),
        ([0x02], 200, "it rejected 2 of the spans"),
        ([0xAC, 0x02], 1100, "it rejected 300 of the spans"),
        // A warning: all spans were accepted.
        ([], 1100, nil), ([0x00], 8, nil),
    ])
    func rejectedSpansAreCounted(count: [UInt8], messageLength: Int, expected: String?) throws {
        let body = Self.rejection(count, messageLength: messageLength)
        #expect(SpanAnswer.obstacle(try Self.answer(200, "application/x-protobuf", body)) == expected)
    }

    @Test(arguments: [
        [], [0x0A], [0x0A, 0x80], [0x0A, 0x05, 0x08, 0x02], [0x0A, 0x02, 0x08, 0x80], [0x12, 0x01, 0x08],
    ])
    func aBodyThatIsIncompleteRejectsNothing(body: [UInt8]) throws {
        #expect(SpanAnswer.obstacle(try Self.answer(200, "application/x-protobuf", body)) == nil)
    }

    @Test func aPageIsNotAnAnswerToSpans() throws {
        #expect(SpanAnswer.obstacle(try Self.answer(200, "text/html; charset=utf-8"))?.contains("page") == true)
        #expect(SpanAnswer.obstacle(try Self.answer(202, "text/plain")) == nil)
        #expect(SpanAnswer.obstacle(try Self.answer(503, "text/plain"))?.contains("503") == true)
    }
}
