/// The trace that a lookup belongs to, and its parent span, from the variables `TRACEPARENT` and `TRACESTATE`
/// (https://www.w3.org/TR/trace-context/). The variable names are those of OpenTelemetry's specification of environment
/// variables as carriers.
package struct TraceContext: Equatable, Sendable {
    /// The trace's identifier, 16 bytes.
    package let trace: [UInt8]
    /// The parent span; nil for a new trace.
    package let parent: SpanIdentifier?
    /// Bit 0 means that the trace is recorded.
    package let flags: UInt8
    /// The vendor-specific entries of tracing systems, unchanged; empty for none.
    package let state: String

    /// Whether the parent records its spans. If it does not, our span would have no trace.
    package var isSampled: Bool { flags & 1 == 1 }

    /// A new trace.
    package init(using generator: inout some RandomNumberGenerator) {
        let first = UInt64.random(in: 1...UInt64.max, using: &generator)
        let halves = [first, UInt64.random(in: 0...UInt64.max, using: &generator)]
        trace = halves.flatMap(SpanIdentifier.bytes)
        parent = nil
        flags = 1
        state = ""
    }

    /// Nil if the environment contains no trace, or an invalid one.
    package init?(environment: [String: String]) {
        guard let text = environment["TRACEPARENT"] else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.bytes)
        // Later versions may add parts, and version 255 is invalid.
        guard parts.count >= 4, let version = parts[0], version.count == 1, version[0] != 0xFF,
            version[0] != 0 || parts.count == 4,
            let trace = parts[1], trace.count == 16, trace.contains(where: { $0 != 0 }),
            let parent = parts[2].flatMap(SpanIdentifier.init),
            let flags = parts[3], flags.count == 1
        else { return nil }
        self.trace = trace
        self.parent = parent
        self.flags = flags[0]
        state = environment["TRACESTATE"] ?? ""
    }

    /// Nil for anything except pairs of lower-case hexadecimal digits.
    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        let known = digits.compactMap(\.self)
        guard known.count == digits.count, known.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: known.count, by: 2).map { known[$0] << 4 | known[$0 + 1] }
    }
}
