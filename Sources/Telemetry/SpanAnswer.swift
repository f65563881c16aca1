import HTTP
import NIOHTTP1

/// Interprets a server's answer to spans (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
enum SpanAnswer {
    /// The reason why the spans were not accepted, or may not have been; nil if they were.
    static func obstacle(_ response: HTTPResponse) -> String? {
        guard response.isSuccess else { return "it answered with status \(response.status)" }
        let type = response.headers.first(name: "Content-Type")?.lowercased() ?? ""
        // A page comes from something else: a proxy that requires a login, or a web server.
        if type.hasPrefix("text/html") { return "it answered with a page, so it is not a server for spans" }
        if type.hasPrefix("application/x-protobuf"), let rejected = rejectedSpans(response.body), rejected > 0 {
            return "it rejected \(rejected) of the spans"
        }
        return nil
    }

    /// `rejected_spans` (field 1, a varint) of `partial_success` (field 1, a message), by the rules of
    /// https://protobuf.dev/programming-guides/encoding/. Both come first, because fields are written in order.
    private static func rejectedSpans(_ body: [UInt8]) -> Int64? {
        var rest = body[...]
        guard rest.popFirst() == 0x0A, let length = varint(&rest), length <= rest.count else { return nil }
        rest = rest.prefix(Int(length))
        guard rest.popFirst() == 0x08, let count = varint(&rest) else { return nil }
        return Int64(bitPattern: count)
    }

    /// Nil if the number is incomplete, or longer than 64 bits.
    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
