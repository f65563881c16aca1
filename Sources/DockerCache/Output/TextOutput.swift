import Buildkite
import FoundationEssentials
import SystemPackage

/// Prints results for people and for pipes: lines on standard output.
enum TextOutput {
    /// Many lines in one write.
    static func lines(_ texts: [String]) {
        guard !texts.isEmpty else { return }
        line(texts.joined(separator: "\n"))
    }

    static func line(_ text: String) {
        LogOutput(to: .standardOutput, isInBuildkite: false).line(text)
    }
}

/// Prints results for machines: one JSON value on standard output, keys sorted, slashes as they are.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try FileDescriptor.standardOutput.writeAll(try encoder.encode(value) + [UInt8(ascii: "\n")])
    }
}
