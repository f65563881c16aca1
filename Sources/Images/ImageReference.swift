/// A repository and a tag, as in the arguments of `docker pull`, `tag` and `push`.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    package let repository: RepositoryName
    /// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`, as the distribution specification defines it.
    package let tag: String

    /// The maximum length of a tag in registries, in characters.
    package static let maximumTagLength = 128

    package var description: String { "\(repository):\(tag)" }

    package init(repository: RepositoryName, tag: String) throws(NameError) {
        guard Self.isWellFormed(tag: tag) else { throw .malformedTag(tag) }
        self.repository = repository
        self.tag = tag
    }

    /// Parses `repository:tag`, the form of ``description``. Nil if it is not of that form.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let repository = try? RepositoryName(String(text[..<colon])),
            let reference = try? ImageReference(
                repository: repository,
                tag: String(text[text.index(after: colon)...])
            )
        else { return nil }
        self = reference
    }

    /// Whether Docker and registries accept `tag`.
    package static func isWellFormed(tag: String) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= maximumTagLength else { return false }
        let underscore = UInt8(ascii: "_")
        return (first.isASCIILetterOrDigit || first == underscore)
            && tag.utf8.allSatisfy {
                $0.isASCIILetterOrDigit || $0 == underscore || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }
}
