package import Crypto
import Formatting

/// The identifier of everything that an image depends on: 40 hex digits.
package struct Key: Hashable, Sendable, CustomStringConvertible {
    /// The 40 digits, in lower case.
    package let description: String

    /// Creates a key from the first 40 hex digits of a digest.
    package init(_ digest: SHA256Digest) {
        description = digest.prefix(20).hexadecimal
    }

    /// Creates a key that no inputs have: 160 random bits.
    package init(using random: inout some RandomNumberGenerator) {
        let bytes = (0..<20).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
        description = bytes.hexadecimal
    }

    /// Whether `text` has the form of a key: 40 hex digits in lower case.
    package static func isWellFormed(_ text: String) -> Bool {
        text.utf8.count == 40
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}
