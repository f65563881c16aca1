/// An `ExportTraceServiceRequest`, the message with which OTLP sends spans. The field numbers are those of
/// https://github.com/open-telemetry/opentelemetry-proto, `collector/trace/v1`, `trace/v1`, `resource/v1` and
/// `common/v1`.
package struct SpanRequest: Equatable, Sendable {
    /// The attributes of the sender.
    package var resource: [Attribute]
    /// The name and version of the instrumentation.
    package var scope: (name: String, version: String)
    package var context: TraceContext
    package var spans: [Span]

    package init(resource: [Attribute], scope: (name: String, version: String), context: TraceContext, spans: [Span]) {
        self.resource = resource
        self.scope = scope
        self.context = context
        self.spans = spans
    }

    package static func == (left: SpanRequest, right: SpanRequest) -> Bool {
        left.resource == right.resource && left.scope == right.scope && left.context == right.context
            && left.spans == right.spans
    }

    /// The message, encoded in protocol buffers.
    package var bytes: [UInt8] {
        var request = ProtobufWriter()
        request.message(1) { resourceSpans in
            resourceSpans.message(1) { message in
                for attribute in resource { message.attribute(1, attribute) }
            }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { message in
                    message.text(1, scope.name)
                    message.text(2, scope.version)
                }
                for span in spans { scopeSpans.message(2) { write(span, to: &$0) } }
            }
        }
        return request.bytes
    }

    /// `SPAN_KIND_INTERNAL`
    private static let kind: UInt64 = 1
    /// `STATUS_CODE_ERROR`
    private static let failed: UInt64 = 2
    /// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` and `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`
    private static let knowsParent: UInt32 = 0x100
    private static let isRemote: UInt32 = 0x200

    private func write(_ span: Span, to message: inout ProtobufWriter) {
        message.data(1, context.trace)
        message.data(2, span.identifier.bytes)
        message.text(3, context.state)
        if let parent = span.parent { message.data(4, parent.bytes) }
        message.text(5, span.name)
        message.varint(6, Self.kind)
        message.fixed64(7, span.start)
        message.fixed64(8, span.end)
        for attribute in span.attributes { message.attribute(9, attribute) }
        if let failure = span.failure {
            message.message(15) { status in
                status.text(2, failure)
                status.varint(3, Self.failed)
            }
        }
        message.fixed32(
            16,
            UInt32(context.flags) | Self.knowsParent | (span.hasRemoteParent ? Self.isRemote : 0)
        )
    }
}

extension ProtobufWriter {
    /// A `KeyValue` with a value of one of several types.
    fileprivate mutating func attribute(_ field: UInt64, _ attribute: Attribute) {
        message(field) { pair in
            pair.text(1, attribute.name)
            pair.message(2) { value in
                switch attribute.value {
                case .text(let text): value.required(1, data: Array(text.utf8))
                case .flag(let flag): value.required(2, varint: flag ? 1 : 0)
                case .number(let number): value.required(3, varint: UInt64(bitPattern: number))
                }
            }
        }
    }
}
