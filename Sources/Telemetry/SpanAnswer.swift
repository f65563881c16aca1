import HTTP
import NIOHTTP1

/// What a server's answer to spans means (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
enum SpanAnswer {
    /// Why the spans were not taken, or may not have been; nil if they were.
    static func obstacle(_ response: HTTPResponse) -> String? {
        guard response.isSuccess else { return "it answered with status \(response.status)" }
        let type = response.headers.first(name: "Content-Type")?.lowercased() ?? ""
        // A page is from something else: a proxy that wants a login, or a web server.
        if type.hasPrefix("text/") { return "it answered with a page, and so is no server for spans" }
        if type.hasPrefix("application/x-protobuf"), let rejected = rejectedSpans(response.body), rejected > 0 {
            return "it rejected \(rejected) of the spans"
        }
        return nil
    }

    /// `rejected_spans` (field 1, a varint) of `partial_success` (field 1), which comes first in both messages.
    private static func rejectedSpans(_ body: [UInt8]) -> Int64? {
        guard body.count > 3, body[0] == 0x0A, body[2] == 0x08 else { return nil }
        var value: UInt64 = 0
        for (position, byte) in body[3...].prefix(9).enumerated() {
            value |= UInt64(byte & 0x7F) << UInt64(position * 7)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
