import ArgumentParser
import FoundationEssentials
import SystemPackage

/// Standard output of the commands whose result it is. The log of a lookup goes elsewhere: nothing waits for that.
enum ResultOutput {
    /// Writes everything. Throws ``ResultNotWritten``; where nobody reads any more, it ends the command quietly with
    /// status 0, as other tools do.
    static func write(_ bytes: some Sequence<UInt8>) throws {
        do {
            try FileDescriptor.standardOutput.writeAll(bytes)
        } catch Errno.brokenPipe {
            throw ExitCode.success
        } catch {
            throw ResultNotWritten(reason: "\(error)")
        }
    }
}

/// Prints results for people: lines on standard output.
enum TextOutput {
    /// Many lines in one write.
    static func lines(_ texts: [String]) throws {
        guard !texts.isEmpty else { return }
        try line(texts.joined(separator: "\n"))
    }

    static func line(_ text: String) throws { try ResultOutput.write((text + "\n").utf8) }
}

/// Prints results for machines: one JSON value on standard output, keys sorted, slashes as they are.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try ResultOutput.write(try encoder.encode(value) + [UInt8(ascii: "\n")])
    }
}

/// Standard output did not take the result.
struct ResultNotWritten: Error, CustomStringConvertible {
    let reason: String

    var description: String {
        "The result could not be written to standard output: \(reason). Make room there, or send it elsewhere."
    }
}
