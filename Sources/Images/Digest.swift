import Crypto
import Formatting

/// The identifier of content in a registry: `sha256:` and 64 hex digits in lower case.
///
/// The image specification also allows other algorithms, which are not used in practice. They are rejected, because the
/// content could not be verified. https://github.com/opencontainers/image-spec/blob/main/descriptor.md
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The whole digest, with `sha256:`.
    package let description: String

    /// Nil if the string is not of that form.
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
