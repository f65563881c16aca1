import TestSupport
import Testing

@testable import Telemetry

/// The agent's trace context that a job receives.
@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    @Test(arguments: [
        ("00-\(trace)-\(parent)-01", true), ("00-\(trace)-\(parent)-00", false), ("00-\(trace)-\(parent)-03", true),
        ("cc-\(trace)-\(parent)-01-what-the-future-brings", true),
    ])
    func aTraceIsReadAsItIsHandedOn(text: String, isSampled: Bool) throws {
        let context = try #require(TraceContext(environment: ["TRACEPARENT": text, "TRACESTATE": "a=1"]))
        #expect(context.trace.count == 16)
        #expect(context.trace.prefix(2) == [0x4B, 0xF9])
        #expect(context.parent?.bytes == [0x00, 0xF0, 0x67, 0xAA, 0x0B, 0xA9, 0x02, 0xB7])
        #expect(context.isSampled == isSampled)
        #expect(context.state == "a=1")
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-01-more", "ff-\(trace)-\(parent)-01",
        "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace.uppercased())-\(parent)-01", "00-\(trace)a-\(parent)-01", "00-\(trace)-\(parent)-0g",
    ])
    func whatIsNoTraceIsNone(text: String) {
        #expect(TraceContext(environment: ["TRACEPARENT": text]) == nil)
    }

    @Test func aNewTraceHasNoParentAndANameOfItsOwn() {
        var generator = SeededGenerator(seed: 7)
        let first = TraceContext(using: &generator)
        let second = TraceContext(using: &generator)
        #expect(first.parent == nil)
        #expect(first.isSampled)
        #expect(first.trace.count == 16)
        #expect(first.trace != second.trace)
    }
}
