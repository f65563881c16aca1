/// An operation with its start and end: a span of OpenTelemetry.
package struct Span: Equatable, Sendable {
    package var identifier: SpanIdentifier
    /// The parent span; nil for the first span of a trace.
    package var parent: SpanIdentifier?
    package var name: String
    /// Nanoseconds since 1970.
    package var start: UInt64
    /// Nanoseconds since 1970.
    package var end: UInt64
    package var attributes: [Attribute]
    /// The name of the failure; nil if nothing failed.
    package var failure: String?
    /// Whether the parent span belongs to another process.
    package var hasRemoteParent: Bool

    package init(
        identifier: SpanIdentifier,
        parent: SpanIdentifier?,
        name: String,
        start: UInt64,
        end: UInt64,
        attributes: [Attribute] = [],
        failure: String? = nil,
        hasRemoteParent: Bool = false
    ) {
        self.identifier = identifier
        self.parent = parent
        self.name = name
        self.start = start
        self.end = end
        self.attributes = attributes
        self.failure = failure
        self.hasRemoteParent = hasRemoteParent
    }
}

/// A property of a span or of its sender.
package struct Attribute: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case text(String)
        case flag(Bool)
        case number(Int64)
    }

    package let name: String
    package let value: Value

    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// Nil for an unknown value or an empty string.
    package init?(_ name: String, _ text: String?) {
        guard let text, !text.isEmpty else { return nil }
        self.init(name, .text(text))
    }

    /// Nil for an unknown value.
    package init?(_ name: String, _ number: Int64?) {
        guard let number else { return nil }
        self.init(name, .number(number))
    }
}

/// Eight bytes that identify a span within its trace.
package struct SpanIdentifier: Equatable, Sendable {
    package let bytes: [UInt8]

    /// Random, but not all zero, which would be invalid (W3C Trace Context, 3.2.2.4).
    package init(using generator: inout some RandomNumberGenerator) {
        bytes = Self.bytes(of: UInt64.random(in: 1...UInt64.max, using: &generator))
    }

    /// Nil for bytes that are not a valid identifier.
    init?(bytes: [UInt8]) {
        guard bytes.count == 8, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    static func bytes(of number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }
}
