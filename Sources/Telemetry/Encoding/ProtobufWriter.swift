/// Writes fields of protocol buffers (https://protobuf.dev/programming-guides/encoding/), with the types that spans
/// need. Fields with the default value are left out, as in proto3.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    /// Writes a `bool`, `enum`, `int64` or `uint64`; negative numbers as their two's complement.
    mutating func varint(_ field: UInt64, _ value: UInt64) {
        guard value != 0 else { return }
        required(field, varint: value)
    }

    /// Writes the field even if it is 0. A `oneof` needs this to tell which value is set.
    mutating func required(_ field: UInt64, varint value: UInt64) {
        tag(field, .varint)
        append(value)
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .fixed64)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        guard value != 0 else { return }
        tag(field, .fixed32)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func data(_ field: UInt64, _ value: some Collection<UInt8>) {
        guard !value.isEmpty else { return }
        required(field, data: value)
    }

    mutating func text(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

    /// Writes the field even if it is empty.
    mutating func required(_ field: UInt64, data value: some Collection<UInt8>) {
        tag(field, .lengthDelimited)
        append(UInt64(value.count))
        bytes += value
    }

    /// Writes a nested message.
    mutating func message(_ field: UInt64, _ write: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        write(&inner)
        required(field, data: inner.bytes)
    }

    private mutating func tag(_ field: UInt64, _ type: WireType) { append(field << 3 | type.rawValue) }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
