package import Crypto

/// The name of everything an image depends on: 40 hex digits.
package struct Key: Hashable, Sendable, CustomStringConvertible {
    /// The 40 digits, in lower case.
    package let description: String

    /// The first 40 hex digits of a digest.
    package init(_ digest: SHA256Digest) {
        description = digest.prefix(20).hexadecimal
    }

    /// Whether `text` is what a key looks like.
    package static func isWellFormed(_ text: String) -> Bool {
        text.utf8.count == 40
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}

extension Sequence<UInt8> {
    /// Two digits of lower case a byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
