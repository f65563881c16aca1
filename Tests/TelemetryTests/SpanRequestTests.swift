import HTTP
import NIOHTTP1
import FoundationEssentials
import Testing

@testable import Telemetry

/// The encoding, byte by byte where it can be checked by hand. The end-to-end tests decode whole messages with the
/// official definitions.
@Suite struct SpanRequestTests {
    @Test(
        arguments: [
            (UInt64(1), [0x08, 0x01]), (127, [0x08, 0x7F]), (128, [0x08, 0x80, 0x01]), (300, [0x08, 0xAC, 0x02]),
            (UInt64.max, [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]), (0, []),
        ] as [(UInt64, [UInt8])]
    )
    func aVarintIsTheOneOfTheSpecification(value: UInt64, bytes: [UInt8]) {
        var writer = ProtobufWriter()
        writer.varint(1, value)
        #expect(writer.bytes == bytes)
    }

    @Test func numbersOfFixedLengthHaveTheirLowestByteFirst() {
        var writer = ProtobufWriter()
        writer.fixed64(7, 0x0102_0304_0506_0708)
        writer.fixed32(16, 0x0102_0304)
        #expect(writer.bytes == [0x39, 8, 7, 6, 5, 4, 3, 2, 1, 0x85, 0x01, 4, 3, 2, 1])
    }

    @Test func aMessageWithinAMessageHasItsLengthBefore() {
        var writer = ProtobufWriter()
        writer.message(2) { $0.text(1, "ab") }
        #expect(writer.bytes == [0x12, 0x04, 0x0A, 0x02, 0x61, 0x62])
    }

    @Test func valuesThatMeanAbsenceAreWrittenWhereTheyAreMeant() throws {
        let parent = try #require(SpanIdentifier(bytes: [1, 2, 3, 4, 5, 6, 7, 8]))
        let context = try #require(
            TraceContext(environment: ["TRACEPARENT": "00-0123456789abcdef0123456789abcdef-0102030405060708-01"])
        )
        let span = Span(
            identifier: parent,
            parent: nil,
            name: "n",
            start: 1,
            end: 2,
            attributes: [Attribute("f", .flag(false)), Attribute("z", .number(0)), Attribute("e", .text(""))]
        )
        let bytes = SpanRequest(resource: [], scope: ("s", ""), context: context, spans: [span]).bytes
        let attributes: [UInt8] = [
            0x4A, 7, 0x0A, 1, 0x66, 0x12, 2, 0x10, 0, 0x4A, 7, 0x0A, 1, 0x7A, 0x12, 2, 0x18, 0,
            0x4A, 7, 0x0A, 1, 0x65, 0x12, 2, 0x0A, 0,
        ]
        #expect(bytes.indices.contains { bytes[$0...].starts(with: attributes) })
    }

    @Test(
        arguments: [
            (200, "application/x-protobuf", [], nil), (200, "", [], nil),
            (202, "application/json", Array("{}".utf8), nil),
            // partial_success { error_message: "hm" } is a warning, and nothing was lost.
            (200, "application/x-protobuf", [0x0A, 4, 0x12, 2, 0x68, 0x6D], nil),
            (200, "application/x-protobuf", [0x0A, 2, 0x08, 3], "it rejected 3 of the spans"),
            (200, "text/html", Array("<html>".utf8), "it answered with a page, so it is not a server for spans"),
            (302, "", [], "it answered with status 302"), (401, "text/plain", [], "it answered with status 401"),
            (503, "", [], "it answered with status 503"),
        ] as [(Int, String, [UInt8], String?)]
    )
    func anAnswerMeansWhatTheSpecificationSays(status: Int, type: String, body: [UInt8], obstacle: String?) throws {
        let url = try #require(URL(string: "http://c/v1/traces"))
        let headers: HTTPHeaders = type.isEmpty ? [:] : ["Content-Type": type]
        let response = HTTPResponse(url: url, status: status, headers: headers, body: body)
        #expect(SpanAnswer.obstacle(response) == obstacle)
    }
}
