import FoundationEssentials
import SystemPackage

/// Prints results for machines: one JSON value on standard output, keys sorted, slashes as they are.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try FileDescriptor.standardOutput.writeAll(try encoder.encode(value) + [UInt8(ascii: "\n")])
    }
}
