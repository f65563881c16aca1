import ArgumentParser
import FoundationEssentials
import SystemPackage

/// Standard output of commands that print a result. The log of a lookup goes elsewhere: nothing depends on it.
enum ResultOutput {
    /// Writes everything. Throws ``ResultNotWritten``. If the reader has closed the pipe, ends the command quietly with
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

/// Prints results for people as lines on standard output.
enum TextOutput {
    /// Prints many lines, a thousand in one write.
    static func lines(_ texts: some Sequence<String>) throws {
        var text = ""
        var count = 0
        for line in texts {
            text += line
            text += "\n"
            count += 1
            if count.isMultiple(of: 1_000) {
                try ResultOutput.write(text.utf8)
                text = ""
            }
        }
        if !text.isEmpty { try ResultOutput.write(text.utf8) }
    }

    static func line(_ text: String) throws { try ResultOutput.write((text + "\n").utf8) }
}

/// Prints results for machines: one JSON value on standard output, with sorted keys and unescaped slashes.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        try ResultOutput.write(try encoded(value) + [UInt8(ascii: "\n")])
    }

    /// Prints an object with lists that may be long, in parts: encoding it at once takes many times the memory of its
    /// output.
    static func print(_ object: JSONObject) throws {
        try object.parts { try ResultOutput.write($0) }
    }

    static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(value))
    }
}

/// A JSON object. Its keys are printed unchanged.
struct JSONObject {
    enum Value {
        case single(any Encodable)
        /// The number of elements, and a function that creates each.
        case list(count: Int, element: (Int) -> any Encodable)

        static func list(_ elements: [some Encodable]) -> Value {
            .list(count: elements.count) { elements[$0] }
        }
    }

    let values: [String: Value]

    /// How many elements of a list are encoded at once.
    private static let share = 256

    /// Passes the encoded object to `body` in parts. The result equals that of ``JSONOutput/encoded(_:)``.
    func parts(_ body: ([UInt8]) throws -> Void) throws {
        var text = Array("{".utf8)
        for (position, name) in values.keys.sorted().enumerated() {
            text += Array("\(position == 0 ? "" : ",")\n  \"\(name)\" : ".utf8)
            switch values[name] {
            case .single(let value):
                text += Self.indented(try JSONOutput.encoded(Element(value: value))[...])
            case .list(let count, let element):
                text += Array("[\n".utf8)
                for start in stride(from: 0, to: count, by: Self.share) {
                    let elements = (start..<min(start + Self.share, count)).map { Element(value: element($0)) }
                    if start > 0 { text += Array(",\n".utf8) }
                    // Leave out the brackets and the adjacent line ends.
                    let share = try JSONOutput.encoded(elements).dropFirst(2).dropLast(2)
                    text += Array("  ".utf8) + Self.indented(share)
                    try body(text)
                    text = []
                }
                text += Array("\n  ]".utf8)
            case nil:
                continue
            }
        }
        try body(text + Array("\n}\n".utf8))
    }

    /// Adds two spaces after each line end. Strings contain none: JSON escapes them as `\n`.
    private static func indented(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 5 / 4)
        for byte in text {
            result.append(byte)
            if byte == UInt8(ascii: "\n") { result += [UInt8(ascii: " "), UInt8(ascii: " ")] }
        }
        return result
    }

    private struct Element: Encodable {
        let value: any Encodable

        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }
}

/// The result could not be written to standard output.
struct ResultNotWritten: Error, CustomStringConvertible {
    let reason: String

    var description: String {
        "The result could not be written to standard output: \(reason). Make room there, or send it elsewhere."
    }
}
