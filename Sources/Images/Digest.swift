import Crypto
import Formatting

/// What names content in a registry: `sha256:` and 64 hex digits in lower case.
///
/// Other algorithms are allowed by the image specification, and used by no one; a text with one is not accepted,
/// because its content could not be checked. https://github.com/opencontainers/image-spec/blob/main/descriptor.md
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The whole text.
    package let description: String

    /// Nil if the text is not of that form.
    package init?(_ text: String) {
        let prefix = "sha256:"
        let digits = text.utf8.dropFirst(prefix.utf8.count)
        guard text.hasPrefix(prefix), digits.count == 64,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// The digest of `content`.
    package init(of content: some Sequence<UInt8>) {
        var hasher = SHA256()
        hasher.update(data: Array(content))
        description = "sha256:" + hasher.finalize().hexadecimal
    }
}
