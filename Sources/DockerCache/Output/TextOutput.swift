import ArgumentParser
import FoundationEssentials
import SystemPackage

/// Standard output of the commands whose result it is. The log of a lookup goes elsewhere: nothing waits for that.
enum ResultOutput {
    /// Writes everything. Throws ``ResultNotWritten``; where no one reads any more, it ends the command quietly with
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
    /// Many lines, a thousand in one write.
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

/// Prints results for machines: one JSON value on standard output, keys sorted, slashes as they are.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        try ResultOutput.write(try encoded(value) + [UInt8(ascii: "\n")])
    }

    /// Prints an object with lists that may be long, a part of them at a time: to encode one takes many times the
    /// memory of its text.
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

/// An object whose values are known by their keys, as they are printed.
struct JSONObject {
    enum Value {
        case single(any Encodable)
        /// So many, and how each is made.
        case list(count: Int, element: (Int) -> any Encodable)

        static func list(_ elements: [some Encodable]) -> Value {
            .list(count: elements.count) { elements[$0] }
        }
    }

    let values: [String: Value]

    /// How many elements of a list are encoded together.
    private static let share = 256

    /// Hands the text to `body` in parts. It is the one that ``JSONOutput/encoded(_:)`` makes of the same object.
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
                    // Without the brackets and the line ends beside them.
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

    /// Two spaces after each line end. There are none within texts: they are written as `\n`.
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

/// Standard output did not take the result.
struct ResultNotWritten: Error, CustomStringConvertible {
    let reason: String

    var description: String {
        "The result could not be written to standard output: \(reason). Make room there, or send it elsewhere."
    }
}
